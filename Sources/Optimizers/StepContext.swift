import Tensors

/// Returns the matrix to use in place of one that a rule draws or computes, or `nil` to let the rule do so. It may be
/// called from several threads.
///
/// The use is "P" (GaLore's and Fira's basis), "A" (Flora's random projection) or "sketch" (Adapprox). The number is
/// that of the step, for Flora that of the draw.
package typealias GivenMatrices = (_ use: String, _ parameter: String, _ number: Int) -> Tensor?

/// What a rule may know of a step. It is the same for every parameter, but for a factor of the learning rate.
struct StepContext {
  /// The number of the step, counted from 1.
  private(set) var step: Int
  /// The rule's own learning rate where it has one, otherwise the scheduled rate.
  private(set) var learningRate: Double
  /// The clipping factor, by which every gradient is multiplied first.
  let gradientScale: Float
  private(set) var seed: UInt64
  /// The step of the run after which ``step`` counts.
  private(set) var birth = 0
  /// Steps of the whole run, for rules with a warm-up of their own.
  let totalSteps: Int
  /// Replaces matrices that the rule draws or computes by those of a reference implementation, for tests.
  let given: GivenMatrices?
  let observers: [any OptimizerObserver]

  /// The context of a parameter whose learning rate is `factor` times that of the step.
  func scaled(by factor: Double) -> StepContext {
    guard factor != 1 else { return self }
    var context = self
    context.learningRate *= factor
    return context
  }

  /// The context of a parameter whose state was made after a step: its steps count from there.
  func after(_ birth: Int) -> StepContext {
    guard birth > 0 else { return self }
    var context = self
    (context.step, context.birth) = (step - birth, birth)
    // What is drawn for a new state differs from what was drawn for the last one.
    context.seed ^= RandomGenerator(seed: 0).stream("birth", UInt64(birth)).stream
    return context
  }

  /// `1 − beta^step`, the sum of the weights in a moving average that started at 0.
  func biasCorrection(_ beta: Double) -> Double {
    // Repeated squaring takes few multiplications, so that few roundings add up.
    var (power, square, rest) = (1.0, beta, step)
    while rest > 0 {
      if rest & 1 == 1 { power *= square }
      square *= square
      rest >>= 1
    }
    return 1 - power
  }

  /// A Gaussian matrix that depends only on (seed, use, parameter, number, part), so that a resumed run draws the same
  /// one.
  func gaussian(
    _ shape: [Int], _ use: String, _ parameter: Parameter, _ number: Int, part: Int = 0, standardDeviation: Double = 1
  ) -> Tensor {
    if part == 0, let matrix = given(shape, use, parameter, number) { return matrix }
    let matrix = Tensor(uninitialized: shape)
    RandomGenerator(seed: seed).stream(use + ":" + parameter.name, UInt64(number))
      .stream("part", UInt64(part)).fillNormal(matrix, standardDeviation: standardDeviation)
    return matrix
  }

  /// A matrix of random signs, −1 or 1, that depends only on (seed, use, parameter, number, part). It serves a sketch
  /// as well as a Gaussian matrix does and is far cheaper to draw.
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
}
