import CKernels
import Tensors

/// The matrix of a use ("P", "A", "sketch"), a parameter, and a step or draw number; asked for from several threads.
package typealias GivenMatrices = (_ use: String, _ parameter: String, _ number: Int) -> Tensor?

/// What a rule may know of the step.
public struct StepContext {
  /// From 1.
  public let step: Int
  public let learningRate: Double
  /// Multiplies the gradient first: the clipping factor.
  public let gradientScale: Float
  public let seed: UInt64
  /// Steps of the whole run, for rules with warm-ups of their own.
  public let totalSteps: Int
  /// Matrices that a reference drew or found, in place of our own: for tests.
  package var given: GivenMatrices?
  package var observers: [any OptimizerObserver] = []

  public init(step: Int, learningRate: Double, gradientScale: Float, seed: UInt64, totalSteps: Int) {
    (self.step, self.learningRate, self.gradientScale) = (step, learningRate, gradientScale)
    (self.seed, self.totalSteps) = (seed, totalSteps)
  }

  /// A Gaussian matrix of (seed, use, parameter, number, part), the same in a resumed run.
  func gaussian(
    _ shape: [Int], _ use: String, _ parameter: Parameter, _ number: Int, part: Int = 0, standardDeviation: Double = 1
  ) -> Tensor {
    if part == 0, let matrix = given(shape, use, parameter, number) { return matrix }
    let matrix = Tensor(uninitialized: shape)
    RandomGenerator(seed: seed).stream(use + ":" + parameter.name, UInt64(number))
      .stream("part", UInt64(part)).fillNormal(matrix, standardDeviation: standardDeviation)
    return matrix
  }

  /// A matrix of random signs of (seed, use, parameter, number, part): as good a probe as a Gaussian one, far cheaper.
  func signs(_ shape: [Int], _ use: String, _ parameter: Parameter, _ number: Int, part: Int = 0) -> Tensor {
    if part == 0, let matrix = given(shape, use, parameter, number) { return matrix }
    let matrix = Tensor(uninitialized: shape)
    let random = RandomGenerator(seed: seed).stream(use + "-signs:" + parameter.name, UInt64(number))
      .stream("part", UInt64(part))
    for start in stride(from: 0, to: matrix.count, by: 128) {
      let words = random.block(UInt64(start / 128))
      for bit in 0..<min(128, matrix.count - start) {
        matrix.pointer[start + bit] = words[bit >> 5] >> UInt32(bit & 31) & 1 == 0 ? -1 : 1
      }
    }
    return matrix
  }

  private func given(_ shape: [Int], _ use: String, _ parameter: Parameter, _ number: Int) -> Tensor? {
    guard let matrix = given?(use, parameter.name, number) else { return nil }
    precondition(matrix.shape == shape)
    return matrix
  }

  /// The error of a gradient or weight of `parameter` that is not finite.
  func diverged(_ parameter: Parameter, _ what: String) -> OptimizerError {
    .diverged(parameter: parameter.name, step: step, learningRate: learningRate, what: what)
  }
}

/// One optimizer's rule; one file each. Several parameters are updated at once: what a rule remembers belongs in their states.
public protocol OptimizerRule: AnyObject, Sendable {
  static var specification: OptimizerSpecification { get }

  init(_ options: OptimizerOptions)

  /// The tensors of a parameter's state; what they take is known before any is made.
  func stateLayout(for parameter: ParameterShape) -> [StateEntry]

  /// The layout when the state has grown as far as it can; the same, where a rule does not say otherwise.
  func largestStateLayout(for parameter: ParameterShape) -> [StateEntry]

  /// The state of a parameter before the first step: zeros in the layout, where a rule does not say otherwise.
  func makeState(for parameter: Parameter) -> ParameterState

  /// Takes one step from the parameter's gradient, which it may overwrite.
  ///
  /// - Parameter decay: weight decay λ of this parameter, 0 for biases and norms.
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)`` before a non-finite weight is written.
  func update(
    _ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext
  ) throws(OptimizerError)

  /// Said once to the user, e.g. that a rank was clamped.
  func notes(for parameters: [Parameter]) -> [String]
}

extension OptimizerRule {
  public func largestStateLayout(for parameter: ParameterShape) -> [StateEntry] { stateLayout(for: parameter) }

  public func makeState(for parameter: Parameter) -> ParameterState {
    ParameterState(stateLayout(for: parameter.layout), for: parameter)
  }

  public func notes(for parameters: [Parameter]) -> [String] { [] }
}
