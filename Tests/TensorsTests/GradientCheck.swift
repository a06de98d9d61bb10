import Support
import Tensors
import TestSupport
import Testing

/// Compares an operation with a naive forward in Double, and its gradients with that forward's central differences.
struct GradientCheck {
  /// Shapes of the inputs and, after them, of the parameters.
  let inputs: [[Int]]
  var parameters: [[Int]] = []
  /// Adds to every value: for norms' weights and the like.
  var offset = 0.0

  typealias Values = [[Double]]

  /// - Parameters:
  ///   - naive: the result from the values of inputs and parameters, in order.
  ///   - ours: the operation under test.
  func run(
    _ naive: (Values) -> [Double], sourceLocation: SourceLocation = #_sourceLocation,
    ours: (Tape, [Variable], [Parameter]) -> Variable
  ) throws {
    for threads in [1, 2] {
      ThreadPool.shared.configure(threads: threads)
      try check(naive, ours, sourceLocation)
    }
  }

  private func check(
    _ naive: (Values) -> [Double], _ ours: (Tape, [Variable], [Parameter]) -> Variable, _ location: SourceLocation
  ) throws {
    let shapes = inputs + parameters
    let tensors = shapes.enumerated().map { index, shape in
      let tensor = Tensor(uninitialized: shape)
      RandomGenerator(seed: 7, stream: UInt64(index)).fillNormal(tensor)
      for position in 0..<tensor.count { tensor.pointer[position] += Float(offset) }
      return tensor
    }
    var values = tensors.map { $0.values.map(Double.init) }
    let expected = naive(values)

    let tape = Tape(isTraining: true)
    let variables = tensors.prefix(inputs.count).map(tape.input)
    let trained = tensors.dropFirst(inputs.count).enumerated().map {
      Parameter(name: "p\($0)", role: .matrix, value: $1)
    }
    let output = ours(tape, variables, trained)
    #expect(output.value.count == expected.count, sourceLocation: location)
    let scale = max(1, expected.map(abs).max() ?? 1)
    let forward = largestDifference(output.value.values, expected.map { Float($0) })
    #expect(forward <= 1e-5 * scale, sourceLocation: location)

    let weights = Tensor(uninitialized: output.value.shape)
    RandomGenerator(seed: 9).fillNormal(weights)
    let direction = weights.values.map(Double.init)
    tape.backward(from: output, gradient: weights)
    func objective() -> Double { zip(naive(values), direction).reduce(0) { $0 + $1.0 * $1.1 } }
    for index in shapes.indices {
      let gradient =
        index < inputs.count ? tape.gradient(of: variables[index]) : trained[index - inputs.count].gradient
      let found = try #require(gradient, sourceLocation: location).values
      let numeric = values[index].indices.map { position -> Float in
        let original = values[index][position]
        let step = 1e-5 * max(1, abs(original))
        values[index][position] = original + step
        let above = objective()
        values[index][position] = original - step
        let below = objective()
        values[index][position] = original
        return Float((above - below) / (2 * step))
      }
      let (difference, norm) = distance(found, numeric)
      #expect(difference <= 1e-3 * norm + 1e-6, "array \(index): \(difference) of \(norm)", sourceLocation: location)
    }
  }
}

/// `a[m, k] · b[n, k]ᵀ`.
func naiveLinear(_ a: [Double], _ b: [Double], m: Int, n: Int, k: Int) -> [Double] {
  (0..<m * n).map { index in
    let (row, column) = (index / n, index % n)
    return (0..<k).reduce(0) { $0 + a[row * k + $1] * b[column * k + $1] }
  }
}
