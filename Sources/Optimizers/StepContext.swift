import Tensors

/// The matrix of a use ("P", "A", "sketch"), a parameter, and a step or draw number; asked for from several threads.
package typealias GivenMatrices = (_ use: String, _ parameter: String, _ number: Int) -> Tensor?

/// What a rule may know of the step, the same for every parameter.
struct StepContext {
  /// From 1.
  let step: Int
  /// The rule's own, where it has one; else the schedule's.
  let learningRate: Double
  /// Multiplies the gradient first: the clipping factor.
  let gradientScale: Float
  let seed: UInt64
  /// Steps of the whole run, for rules with warm-ups of their own.
  let totalSteps: Int
  /// Matrices that a reference drew or found, in place of our own: for tests.
  let given: GivenMatrices?
  let observers: [any OptimizerObserver]

  /// `1 − beta^step`, what an average from zeros has gathered of its weights so far.
  func biasCorrection(_ beta: Double) -> Double {
    // By repeated squaring: exact to an ulp or two at any step count.
    var (power, square, rest) = (1.0, beta, step)
    while rest > 0 {
      if rest & 1 == 1 { power *= square }
      square *= square
      rest >>= 1
    }
    return 1 - power
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
}
