import CKernels
import Foundation
import Optimizers
import Tensors
import Testing

/// Adapprox's iteration that reads V once, against the one that reads it twice from the same sketch.
@Suite(.serialized) struct OnePassIterationTests {
  private func normal(_ shape: [Int], _ stream: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: shape)
    RandomGenerator(seed: 11, stream: stream).fillNormal(tensor)
    return tensor
  }

  private func moment(_ gradient: Tensor, _ factors: LowRankFactors?, beta2: Float = 0.75) -> SecondMoment {
    var c = ft_adapprox()
    (c.gradient_scale, c.beta2, c.one_minus_beta2, c.eps) = (1, beta2, 1 - beta2, 1e-8)
    return SecondMoment(gradient: gradient, factors: factors, coefficients: c)
  }

  private func onePass(
    _ gradient: Tensor, _ last: LowRankFactors?, _ sketch: Tensor, rank: Int, beta2: Float = 0.75
  ) throws -> LowRankFactors? {
    let start = try #require(OnePassIteration.orthonormal(sketch, scale: 1))
    let (y, z) = moment(gradient.copy(), last, beta2: beta2).iterateOnce(start)
    return OnePassIteration.factors(y: y, z: z, gramOfY: ThinProduct.gram(y), rank: rank)
  }

  private func product(_ factors: LowRankFactors) -> Tensor {
    MatrixProduct.product(factors.q, transposeA: true, factors.u)
  }

  private func distance(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.values, b.values).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
      .squareRoot()
  }

  /// Narrow and wide sketches (our kernels and OpenBLAS), rank 1 and full rank, more rows than a block.
  @Test(arguments: [
    ([150, 40], 1, 6), ([150, 40], 16, 21), ([40, 150], 40, 40), ([9, 5], 2, 5), ([90, 70], 33, 38),
  ])
  func againstTwoReadings(_ shape: [Int], _ rank: Int, _ width: Int) throws {
    var last: LowRankFactors?
    for step: UInt64 in 1...6 {
      let gradient = normal(shape, step)
      let sketch = SubspaceIteration.sketch(width: width, columns: shape[1], previous: last?.u) {
        normal([$0, shape[1]], 100 + step)
      }
      let twice = try #require(
        SubspaceIteration.factor(moment(gradient, last), sketch: sketch, rank: rank, iterations: 1))
      let once = try #require(try onePass(gradient, last, sketch, rank: rank))
      let whole = product(twice)
      let size = ElementWise.sumOfSquares(whole).squareRoot()
      #expect(distance(product(once), whole) < 2e-6 * size, "step \(step)")
      let gram = MatrixProduct.product(once.q, once.q, transposeB: true)
      for row in 0..<rank {
        for column in 0..<rank {
          #expect(abs(gram.pointer[row * rank + column] - (row == column ? 1 : 0)) < 1e-5)
        }
      }
      last = twice
    }
  }

  /// ‖V − QUᵀ‖ / ‖V‖.
  private func ratio(_ factors: LowRankFactors, _ moment: SecondMoment) -> Double {
    (moment.squaredError(of: factors) / moment.squaredNorm).squareRoot()
  }

  /// Rows and columns of different size, each iteration on its own last factors: the rounding that a small sine enlarges
  /// stays below what the rank leaves out, or, where one element is nearly all of V, below 2e-3, and does not build up.
  @Test(arguments: [(Float(0.5), 1.02, 0), (1.5, 1, 2e-3)])
  func heavyTails(_ spread: Float, _ factor: Double, _ more: Double) throws {
    let (rows, columns) = (normal([96], 50), normal([160], 51))
    var (once, twice): (LowRankFactors?, LowRankFactors?)
    for step: UInt64 in 1...40 {
      let gradient = normal([96, 160], step)
      for index in 0..<gradient.count {
        gradient.pointer[index] *= exp(spread * (rows.pointer[index / 160] + columns.pointer[index % 160]))
      }
      func sketch(_ last: LowRankFactors?) -> Tensor {
        SubspaceIteration.sketch(width: 21, columns: 160, previous: last?.u) { normal([$0, 160], 100 + step) }
      }
      let (first, second) = (moment(gradient, once, beta2: 0.999), moment(gradient, twice, beta2: 0.999))
      if let last = once { once = try onePass(gradient, last, sketch(last), rank: 16, beta2: 0.999) }
      twice = SubspaceIteration.factor(second, sketch: sketch(twice), rank: 16, iterations: twice == nil ? 5 : 1)
      once = once ?? twice
      let (ours, theirs) = (ratio(try #require(once), first), ratio(try #require(twice), second))
      #expect(ours < factor * theirs + more, "step \(step): \(ours), \(theirs)")
    }
  }

  /// The gradient becomes the direction, whose squares are summed, and V · S and Vᵀ · Y are those of V itself.
  @Test func leavesTheDirection() throws {
    let (gradient, sketch) = (normal([70, 33], 1), normal([4, 33], 2))
    let factors = LowRankFactors(q: normal([3, 70], 3), u: normal([3, 33], 4))
    let (spent, whole) = (gradient.copy(), Tensor(uninitialized: [70, 33]))
    moment(gradient, factors).read { row, rows, block in
      for index in 0..<rows * 33 { whole.pointer[row * 33 + index] = block[index] }
    }
    let subject = moment(spent, factors)
    let (y, z) = subject.iterateOnce(sketch)
    var squares = 0.0
    for index in 0..<whole.count {
      let direction = Double(gradient.pointer[index]) / (Double(whole.pointer[index]).squareRoot() + 1e-8)
      squares += direction * direction
      #expect(abs(Double(spent.pointer[index]) - direction) < 1e-5)
    }
    #expect(abs(subject.directionSquares / squares - 1) < 1e-5)
    let (expectedY, expectedZ) = (
      MatrixProduct.product(sketch, whole, transposeB: true), MatrixProduct.product(y, whole)
    )
    #expect(distance(y, expectedY) < 1e-5 * ElementWise.sumOfSquares(expectedY).squareRoot())
    #expect(distance(z, expectedZ) < 1e-5 * ElementWise.sumOfSquares(expectedZ).squareRoot())
  }

  /// Zero: no columns. Of rank 1 with a sketch of 6: one column is kept, the others are 0. Not finite: refused.
  @Test func extremes() throws {
    let sketch = normal([6, 20], 1)
    let zero = try #require(try onePass(Tensor(zeros: [30, 20]), nil, sketch, rank: 4))
    #expect(zero.u.values.allSatisfy { $0 == 0 } && zero.q.values.allSatisfy { $0 == 0 })

    let thin = MatrixProduct.product(normal([1, 30], 2), transposeA: true, normal([1, 20], 3))
    let squares = Tensor(uninitialized: [30, 20])
    for index in 0..<600 { squares.pointer[index] = 0.25 * thin.pointer[index] * thin.pointer[index] }
    let one = try #require(try onePass(thin, nil, sketch, rank: 4))
    #expect(distance(product(one), squares) < 1e-6 * ElementWise.sumOfSquares(squares).squareRoot())
    for row in 1..<4 { #expect(one.u.rowSlice(row..<row + 1).values.allSatisfy { $0 == 0 }) }

    for bad in [Float.nan, .infinity] {
      let gradient = normal([30, 20], 4)
      gradient.pointer[77] = bad
      #expect(try onePass(gradient, nil, sketch, rank: 4) == nil)
      let wrong = sketch.copy()
      wrong.pointer[3] = bad
      #expect(OnePassIteration.orthonormal(wrong, scale: 1) == nil)
    }
    // A row twice: the second is left out.
    let twice = normal([3, 20], 5)
    twice.rowSlice(2..<3).copyValues(from: twice.rowSlice(0..<1))
    let rows = try #require(OnePassIteration.orthonormal(twice, scale: 2))
    #expect(abs(ElementWise.sumOfSquares(rows.rowSlice(0..<1)) - 4) < 1e-5)
    #expect(rows.rowSlice(2..<3).values.allSatisfy { $0 == 0 })
  }
}
