import Foundation
import Optimizers
import Support
import Tensors

/// The error and time of the rank-1 rule, S-RSI and LAPACK's SVD at each rank, and the spectrum of each matrix.
package struct FactorizationAnalysis {
  package struct Options: Sendable {
    /// The ranks to compare, or `nil` for the powers of two up to 128.
    package var ranks: [Int]?
    /// How many subspace iterations S-RSI makes (l in the paper).
    package var iterations = 5
    /// How many columns S-RSI draws beyond the rank (p in the paper).
    package var oversampling = 5
    /// How many sketches S-RSI draws at each rank; the error is their mean, and the time is their median.
    package var repeats = 3
    /// The seed of the sketches.
    package var seed: UInt64 = 42
    package init() {}
  }

  package let input: CapturedMatrices
  package let options: Options
  /// The ranks compared, in ascending order.
  package let ranks: [Int]
  /// The results for all matrices that are not zero.
  package private(set) var matrices: [MatrixFactorization] = []
  /// The names of the matrices whose elements are all zero.
  package private(set) var zero: [String] = []

  /// Factors every matrix of `input`, by every method and at every rank.
  ///
  /// - Parameter progress: called with a line of text before each matrix is factored.
  /// - Throws: ``AnalysisError``, or `CheckpointError` for a tensor that cannot be read.
  package static func run(_ input: CapturedMatrices, _ options: Options, progress: (String) -> Void) throws
    -> FactorizationAnalysis
  {
    let largest = input.names.map { input.shape($0).min() ?? 0 }.max() ?? 0
    if let tooLarge = options.ranks?.first(where: { $0 > largest }) {
      throw AnalysisError.badOption(
        name: "--ranks", found: "\(tooLarge)", expected: "at most \(largest), the matrices' largest smaller side")
    }
    let ranks = Set(options.ranks ?? [1, 2, 4, 8, 16, 32, 64, 128].filter { $0 <= largest }).sorted()
    var analysis = FactorizationAnalysis(input: input, options: options, ranks: ranks)
    for (index, name) in input.names.enumerated() {
      progress("\(index + 1)/\(input.names.count)  \(name) \(input.shape(name))")
      if let matrix = try input.scaled(name) {
        analysis.matrices.append(try analysis.factor(name, matrix))
      } else {
        analysis.zero.append(name)
      }
    }
    guard !analysis.matrices.isEmpty else { throw AnalysisError.allZero(path: input.path) }
    return analysis
  }

  private init(input: CapturedMatrices, options: Options, ranks: [Int]) {
    (self.input, self.options, self.ranks) = (input, options, ranks)
  }

  /// The matrices whose smaller side is at least the largest rank. Only over these are the means of different ranks
  /// comparable.
  package var common: [MatrixFactorization] {
    matrices.filter { ($0.shape.min() ?? 0) >= (ranks.last ?? 0) }
  }

  /// The means over ``common``, one for each of ``ranks``.
  package func mean(_ method: FactorizationMethod, _ part: KeyPath<FactorizationCurve, [Double]>) -> [Double] {
    ranks.indices.map { index in
      common.compactMap { $0.curves[method]?[keyPath: part][index] }.mean ?? .nan
    }
  }

  private func timed<Value>(_ body: () throws -> Value) rethrows -> (value: Value, seconds: Double) {
    let start = ContinuousClock.now
    let value = try body()
    return (value, (ContinuousClock.now - start).seconds)
  }

  private func factor(_ name: String, _ matrix: Tensor) throws -> MatrixFactorization {
    let own = ranks.filter { $0 <= min(matrix.rows, matrix.columns) }
    let svd = timed { Decomposition.svd(matrix) }
    guard let values = svd.value?.values.map(Double.init), let first = values.first else {
      throw AnalysisError.decomposition(name: name)
    }
    let squares = values.map { $0 * $0 }
    let total = squares.reduce(0, +)
    var curves: [FactorizationMethod: FactorizationCurve] = [
      .svd: FactorizationCurve(
        errors: own.map { (squares[$0...].reduce(0, +) / total).squareRoot() },
        seconds: own.map { _ in svd.seconds })
    ]
    let rankOne = RankOneRule.errorRatio(of: matrix)
    let seconds = (0..<options.repeats).map { _ in timed { RankOneRule.means(of: matrix) }.seconds }.median ?? 0
    curves[.rankOne] = FactorizationCurve(errors: own.map { _ in rankOne }, seconds: own.map { _ in seconds })
    for (method, truncation) in [
      (FactorizationMethod.subspace, SubspaceIteration.Truncation.rotate), (.published, .columns),
    ] {
      var curve = FactorizationCurve()
      for rank in own {
        let rounds = try (0..<options.repeats).map { try iterate(name, matrix, rank: rank, truncation, round: $0) }
        curve.errors.append(rounds.map(\.error).mean ?? .nan)
        curve.seconds.append(rounds.map(\.seconds).median ?? .nan)
      }
      curves[method] = curve
    }
    return MatrixFactorization(
      name: name, shape: matrix.shape, spectrum: values.map { $0 / first }, curves: curves)
  }

  private func iterate(
    _ name: String, _ matrix: Tensor, rank: Int, _ truncation: SubspaceIteration.Truncation, round: Int
  ) throws -> (error: Double, seconds: Double) {
    let width = min(rank + options.oversampling, matrix.rows, matrix.columns)
    let operation = DenseMatrix(matrix)
    let found = timed { () -> LowRankFactors? in
      let sketch = Tensor(uninitialized: [width, matrix.columns])
      RandomGenerator(seed: options.seed).stream("sketch:" + name, UInt64(rank)).stream("round", UInt64(round))
        .fillNormal(sketch)
      return SubspaceIteration.factor(
        operation, sketch: sketch, rank: rank, iterations: options.iterations, truncation: truncation)
    }
    guard let factors = found.value else { throw AnalysisError.decomposition(name: name) }
    let ratio = operation.squaredError(of: factors) / ElementWise.sumOfSquares(matrix)
    return (ratio.squareRoot(), found.seconds)
  }
}
