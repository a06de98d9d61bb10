/// A way to factor a second moment.
package enum FactorizationMethod: String, CaseIterable, Sendable {
  /// Adafactor's rank-1 rule, ``RankOneRule``.
  case rankOne = "rank_one"
  /// S-RSI as Adapprox runs it here. A rotation before the truncation lets the oversampled columns improve the result.
  case subspace = "s_rsi"
  /// S-RSI as published: the first columns are kept without a rotation.
  case published = "s_rsi_published"
  /// LAPACK's decomposition, truncated to the rank: the least error possible.
  case svd

  /// The name in charts and tables.
  package var title: String {
    switch self {
    case .rankOne: "rank-1 rule (Adafactor)"
    case .subspace: "S-RSI, rotated"
    case .published: "S-RSI, as published"
    case .svd: "SVD (LAPACK)"
    }
  }
}

/// The error ratios ‖V − V̂‖ / ‖V‖ and the times of one method, one of each for each rank.
package struct FactorizationCurve: Sendable {
  package var errors: [Double] = []
  /// The rank-1 rule and the SVD do not depend on the rank, so their time is the same at each.
  package var seconds: [Double] = []
}

/// The results for one matrix.
package struct MatrixFactorization: Sendable {
  package let name: String
  package let shape: [Int]
  /// The singular values divided by the largest, in descending order.
  package let spectrum: [Double]
  /// A curve for each method, over those of the analysis's ranks that do not exceed the matrix's smaller side.
  package var curves: [FactorizationMethod: FactorizationCurve]

  /// The least number of singular values whose squares sum to this share of Σ σ².
  package func rank(holding share: Double) -> Int {
    let squares = spectrum.map { $0 * $0 }
    let total = squares.reduce(0, +)
    var sum = 0.0
    for (index, square) in squares.enumerated() {
      sum += square
      if sum >= share * total { return index + 1 }
    }
    return spectrum.count
  }
}
