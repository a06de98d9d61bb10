import Checkpoints
import Foundation
import Optimizers
import Tensors
import TestSupport
import Testing

/// S-RSI against LAPACK's singular values: the least error ratio of rank k is that of the values after the k-th.
@Suite(.serialized) struct LowRankTests {
  enum Spectrum: String, CaseIterable, Sendable {
    case flat, steep, step

    func value(_ index: Int) -> Double {
      switch self {
      case .flat: 1
      case .steep: pow(0.6, Double(index))
      case .step: index < 6 ? 1 : 0.05
      }
    }
  }

  private func normal(_ shape: [Int], seed: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: shape)
    RandomGenerator(seed: seed).fillNormal(tensor)
    return tensor
  }

  private func matrix(_ shape: [Int], _ value: (Int) -> Double) throws -> Tensor {
    let count = shape.min() ?? 0
    let left = try #require(Decomposition.orthonormalizeRows(normal([count, shape[0]], seed: 4)))
    let right = try #require(Decomposition.orthonormalizeRows(normal([count, shape[1]], seed: 5)))
    for row in 0..<count { ElementWise.scale(left.rowSlice(row..<row + 1), by: Float(value(row))) }
    return MatrixProduct.product(left, transposeA: true, right)
  }

  /// ‖A − QUᵀ‖ / ‖A‖ from the difference itself.
  private func ratio(_ factors: LowRankFactors, _ matrix: Tensor) -> Double {
    (DenseMatrix(matrix).squaredError(of: factors) / ElementWise.sumOfSquares(matrix)).squareRoot()
  }

  private func factor(
    _ matrix: Tensor, rank: Int, oversampling: Int = 5, iterations: Int = 5,
    _ truncation: SubspaceIteration.Truncation = .rotate, seed: UInt64 = 6
  ) throws -> LowRankFactors {
    let width = min(rank + oversampling, matrix.rows, matrix.columns)
    return try #require(
      SubspaceIteration.factor(
        DenseMatrix(matrix), sketch: normal([width, matrix.columns], seed: seed), rank: rank, iterations: iterations,
        truncation: truncation))
  }

  @Test(arguments: Spectrum.allCases, [[60, 40], [40, 60], [40, 40]])
  func againstSingularValues(_ spectrum: Spectrum, _ shape: [Int]) throws {
    let matrix = try matrix(shape, spectrum.value)
    let values = try #require(Decomposition.svd(matrix)).values.map(Double.init)
    let total = values.reduce(0) { $0 + $1 * $1 }
    for rank in [1, 3, 6, 20, 40] {
      let best = (values.dropFirst(rank).reduce(0) { $0 + $1 * $1 } / total).squareRoot()
      let factors = try factor(matrix, rank: rank)
      let found = ratio(factors, matrix)
      #expect(found <= max(1.05 * best, best + 1e-5), "rank \(rank): \(found), best \(best)")
      // The short form of ξ, where Float can tell it.
      if best > 1e-2 {
        #expect(abs(factors.errorRatio(squaredNorm: ElementWise.sumOfSquares(matrix)) / found - 1) < 0.01)
      }
      let gram = MatrixProduct.product(factors.q, factors.q, transposeB: true)
      for row in 0..<rank {
        for column in 0..<rank {
          #expect(abs(gram.pointer[row * rank + column] - (row == column ? 1 : 0)) < 1e-5)
        }
      }
    }
  }

  /// Second moments of AdamW in a training run, and the least error of each rank: `Tools/make_second_moment_fixtures.py`.
  @Test(arguments: [1, 2, 4, 8, 16]) func secondMomentsOfARun(_ rank: Int) throws {
    let file = try SafetensorsFile(path: SharedData.fixture("second_moments.safetensors"))
    let names = file.entries.map(\.name.description).filter { $0.hasPrefix("V/") }
    #expect(names.count == 5)
    for name in names {
      let matrix = try file.tensor(name)
      let best = Double(try file.tensor("best/" + name.dropFirst(2)).values[rank - 1])
      for seed: UInt64 in 1...3 {
        let found = ratio(try factor(matrix, rank: rank, seed: seed), matrix)
        #expect(found <= max(1.05 * best, best + 1e-5), "\(name): \(found), best \(best)")
      }
    }
  }

  /// As published, oversampled columns change nothing; rotated, they come nearer the optimum.
  @Test func rotationPutsOversamplingToUse() throws {
    let matrix = try matrix([60, 40]) { pow(0.9, Double($0)) }
    let sketch = normal([11, 40], seed: 6)
    func columns(_ width: Int, _ truncation: SubspaceIteration.Truncation) throws -> Double {
      ratio(
        try #require(
          SubspaceIteration.factor(
            DenseMatrix(matrix), sketch: sketch.rowSlice(0..<width), rank: 6, iterations: 2, truncation: truncation)),
        matrix)
    }
    let (alone, published, rotated) = (try columns(6, .columns), try columns(11, .columns), try columns(11, .rotate))
    #expect(abs(alone - published) < 1e-5)
    #expect(rotated < published - 1e-3)
  }

  /// One iteration from the last U follows a matrix that moved a little, and finds a direction that is new.
  @Test func warmStart() throws {
    let old = try matrix([60, 40]) { $0 < 3 ? 1 : 0 }
    let factors = try factor(old, rank: 4)
    // The fourth column has nothing to hold: replaced, or it would stay zero.
    let grown = old.copy()
    MatrixProduct.accumulate(normal([1, 60], seed: 8), transposeA: true, normal([1, 40], seed: 9), into: grown)
    let sketch = SubspaceIteration.sketch(width: 6, columns: 40, previous: factors.u) { normal([$0, 40], seed: 10) }
    for row in 0..<6 { #expect(sketch.rowSlice(row..<row + 1).values.contains { $0 != 0 }) }
    let found = try #require(
      SubspaceIteration.factor(DenseMatrix(grown), sketch: sketch, rank: 4, iterations: 1))
    #expect(ratio(found, grown) < 1e-4)
  }

  /// Growth keeps the columns that are there and draws new ones.
  @Test func growthByNewColumns() throws {
    let previous = normal([3, 20], seed: 1)
    let sketch = SubspaceIteration.sketch(width: 5, columns: 20, previous: previous) { normal([$0, 20], seed: 2) }
    for row in 0..<3 {
      let (ours, theirs) = (
        sketch.rowSlice(row..<row + 1).values, previous.rowSlice(row..<row + 1).values
      )
      let factor = ours[0] / theirs[0]
      #expect(zip(ours, theirs).allSatisfy { abs($0 - factor * $1) < 1e-6 })
    }
    #expect(sketch.rowSlice(3..<5).values == normal([2, 20], seed: 2).values)
  }

  @Test(arguments: [[12, 7], [7, 12], [1, 5], [5, 1], [1, 1]]) func extremes(_ shape: [Int]) throws {
    let most = shape.min() ?? 0
    let zero = try factor(Tensor(zeros: shape), rank: most)
    #expect(zero.u.values.allSatisfy { $0 == 0 } && zero.q.values.allSatisfy(\.isFinite))
    #expect(zero.errorRatio(squaredNorm: 0) == 0)
    // Rank 1, of a matrix of rank 1: nothing is left; of full rank likewise.
    let thin = MatrixProduct.product(
      normal([1, shape[0]], seed: 1), transposeA: true, normal([1, shape[1]], seed: 2))
    #expect(ratio(try factor(thin, rank: 1), thin) < 1e-6)
    #expect(ratio(try factor(thin, rank: most), thin) < 1e-6)
    let full = normal(shape, seed: 3)
    #expect(ratio(try factor(full, rank: most), full) < 2e-6)
    for bad in [Float.nan, .infinity, -.infinity] {
      full.pointer[full.count / 2] = bad
      let sketch = normal([most, shape[1]], seed: 6)
      #expect(SubspaceIteration.factor(DenseMatrix(full), sketch: sketch, rank: most, iterations: 2) == nil)
      if bad.isNaN { #expect(Decomposition.svd(full) == nil) }
    }
  }
}

/// The rank of Adapprox's second moment follows its error, and is part of the saved state.
@Suite(.serialized) struct RankRuleTests {
  private func train(
    _ options: [(key: String, value: String)], rank: Int, steps: Int, from saved: Optimizer? = nil
  ) throws -> (Optimizer, Parameter) {
    let parameter = Parameter(name: "w", role: .matrix, value: Tensor(zeros: [48, 40]))
    let optimizer = try Optimizer("adapprox", options: options, parameters: [parameter], seed: 5)
    for step in 1...steps {
      parameter.setGradient(gradient(rank, step))
      try optimizer.takeStep(learningRate: 1e-3)
    }
    return (optimizer, parameter)
  }

  /// Its square has rank at most rank · (rank + 1) / 2.
  private func gradient(_ rank: Int, _ step: Int) -> Tensor {
    let (left, right) = (Tensor(uninitialized: [rank, 48]), Tensor(uninitialized: [rank, 40]))
    RandomGenerator(seed: 1).fillNormal(left)
    RandomGenerator(seed: 2).fillNormal(right)
    return MatrixProduct.product(left, transposeA: true, right)
  }

  private func rank(_ optimizer: Optimizer) throws -> Int {
    try #require(optimizer.stateTensors.first { $0.name == "w/q" }).tensor.shape[0]
  }

  @Test func incrementalFalls() throws {
    let (optimizer, _) = try train([("k-max", "10")], rank: 1, steps: 12)
    #expect(try rank(optimizer) == 1)
    let (dense, _) = try train([("k-max", "10")], rank: 8, steps: 12)
    #expect(try rank(dense) == 10)
  }

  @Test func paperGrows() throws {
    let (easy, _) = try train([("rank-rule", "paper"), ("k-max", "20")], rank: 1, steps: 3)
    #expect(try rank(easy) == 1)
    let (hard, _) = try train([("rank-rule", "paper"), ("k-max", "20")], rank: 4, steps: 3)
    #expect(try rank(hard) > 1)
  }

  /// Saved with a rank that a fresh state does not have, and taken up: the same next steps, bit for bit.
  @Test func resumeWithAnotherRank() throws {
    let options = [(key: "k-max", value: "10")]
    let (one, first) = try train(options, rank: 1, steps: 6)
    let second = Parameter(name: "w", role: .matrix, value: first.value.copy())
    let two = try Optimizer("adapprox", options: options, parameters: [second], seed: 5)
    #expect(try rank(one) != rank(two))
    try two.restore(scalars: one.stateScalars, tensors: one.stateTensors.map { ($0.name, $0.tensor.copy()) })
    for step in 7...16 {
      for (optimizer, parameter) in [(one, first), (two, second)] {
        parameter.setGradient(gradient(1, step))
        try optimizer.takeStep(learningRate: 1e-3)
      }
      #expect(first.value.values == second.value.values)
    }
    // More rows than any rank could have are refused.
    let huge = one.stateTensors.map { entry in
      (
        name: entry.name,
        tensor: AnyTensor(
          zeros: entry.name.hasSuffix("m") ? [48, 40] : [4_000, entry.tensor.shape[1]], type: .float32)
      )
    }
    #expect(throws: OptimizerError.self) { try two.restore(scalars: one.stateScalars, tensors: huge) }
  }
}
