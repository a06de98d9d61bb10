import Foundation
import Support
import Tensors
import TestSupport
import Testing

/// Attention of sequences so long that their queries fall into several blocks.
@Suite(.serialized) struct LongAttentionTests {
  private static let length = 301
  private static let shapes = [
    AttentionShape(heads: 2, keyValueHeads: 2, headSize: 5, isCausal: false),
    AttentionShape(heads: 2, keyValueHeads: 1, headSize: 4, isCausal: true),
  ]

  private func random(_ rows: Int, _ width: Int, _ seed: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: [rows, width])
    RandomGenerator(seed: seed).fillNormal(tensor)
    return tensor
  }

  /// Query, key and value of a sequence of three tokens and of a long one.
  private func inputs(_ shape: AttentionShape) -> [Tensor] {
    let rows = LongAttentionTests.length + 3
    return [shape.heads, shape.keyValueHeads, shape.keyValueHeads].enumerated().map {
      random(rows, $1 * shape.headSize, UInt64($0))
    }
  }

  private func attend(
    _ inputs: [Tensor], _ shape: AttentionShape, dropout: Float = 0, tokens: [Int]? = nil
  ) throws -> (output: Tensor, slopes: [Tensor], direction: Tensor) {
    let offsets = [0, 3, LongAttentionTests.length + 3]
    let rows = tokens.flatMap { TokenRows($0, offsets: offsets) }
    let tape = Tape(isTraining: true, random: RandomGenerator(seed: 3))
    let variables = inputs.map { tape.input($0) }
    let query = tokens.map { tape.gatherRows(variables[0], rows: $0) } ?? variables[0]
    let output = tape.attention(
      query: query, key: variables[1], value: variables[2], offsets: offsets, shape: shape, dropoutRate: dropout,
      rows: rows)
    let direction = random(output.value.rows, output.value.columns, 9)
    tape.backward(from: output, gradient: direction.copy())
    return (output.value, try variables.map { try #require(tape.gradient(of: $0)) }, direction)
  }

  /// The formulas of attention and of its gradient, one score at a time in double precision.
  private func naive(
    _ inputs: [Tensor], _ shape: AttentionShape, _ direction: Tensor
  ) -> (output: [Double], slopes: [[Double]]) {
    let (size, length) = (shape.headSize, LongAttentionTests.length)
    let (width, keyWidth) = (shape.heads * size, shape.keyValueHeads * size)
    let (query, key, value) = (inputs[0].values, inputs[1].values, inputs[2].values)
    let slope = direction.values
    var output = [Double](repeating: 0, count: query.count)
    var slopes = inputs.map { [Double](repeating: 0, count: $0.count) }
    for (first, count) in [(0, 3), (3, length)] {
      for head in 0..<shape.heads {
        let group = head / (shape.heads / shape.keyValueHeads)
        for i in 0..<count {
          let (q, seen) = ((first + i) * width + head * size, shape.isCausal ? i + 1 : count)
          let rows = (0..<seen).map { (first + $0) * keyWidth + group * size }
          func product(_ left: [Float], _ a: Int, _ right: [Float], _ b: Int) -> Double {
            (0..<size).reduce(0) { $0 + Double(left[a + $1]) * Double(right[b + $1]) }
          }
          let powers = rows.map { exp(product(query, q, key, $0) * Double(shape.scale)) }
          let total = powers.reduce(0, +)
          let weights = powers.map { $0 / total }
          let inner = rows.map { product(slope, q, value, $0) }
          let mean = zip(weights, inner).reduce(0) { $0 + $1.0 * $1.1 }
          for (j, row) in rows.enumerated() {
            let dScore = weights[j] * (inner[j] - mean) * Double(shape.scale)
            for c in 0..<size {
              output[q + c] += weights[j] * Double(value[row + c])
              slopes[0][q + c] += dScore * Double(key[row + c])
              slopes[1][row + c] += dScore * Double(query[q + c])
              slopes[2][row + c] += weights[j] * Double(slope[q + c])
            }
          }
        }
      }
    }
    return (output, slopes)
  }

  @Test(arguments: shapes) func valuesAndGradients(_ shape: AttentionShape) throws {
    let inputs = inputs(shape)
    let found = try attend(inputs, shape)
    let expected = naive(inputs, shape, found.direction)
    #expect(largestDifference(found.output.values, expected.output.map(Float.init)) < 1e-5)
    for (left, right) in zip(found.slopes, expected.slopes) {
      #expect(largestDifference(left.values, right.map(Float.init)) < 1e-4)
    }
  }

  /// The output is linear in the values. So its product with a direction is that of the values with their gradient, and
  /// only if the forward and the backward pass drop the same probabilities.
  @Test(arguments: shapes) func dropout(_ shape: AttentionShape) throws {
    let inputs = inputs(shape)
    let (output, slopes, direction) = try attend(inputs, shape, dropout: 0.3)
    func inner(_ left: Tensor, _ right: Tensor) -> Double {
      zip(left.values, right.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    #expect(abs(inner(output, direction) - inner(inputs[2], slopes[2])) < 1e-3)
    #expect(largestDifference(output.values, try attend(inputs, shape).output.values) > 0.1)
  }

  /// The outputs of some tokens of each block are those that they have among all.
  @Test(arguments: shapes) func someTokens(_ shape: AttentionShape) throws {
    let (inputs, tokens) = (inputs(shape), [1, 3, 70, 210, 211, 303])
    let all = try attend(inputs, shape, dropout: 0.3).output
    let some = try attend(inputs, shape, dropout: 0.3, tokens: tokens).output
    for (row, token) in tokens.enumerated() {
      let expected = all.rowSlice(token..<token + 1).values
      #expect(largestDifference(some.rowSlice(row..<row + 1).values, expected) < 1e-5)
    }
  }
}
