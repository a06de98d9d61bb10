/// A way to factor a second moment.
package enum FactorizationMethod: String, CaseIterable, Sendable {
  case rankOne = "rank_one"
  /// As Adapprox runs here: oversampled columns are rotated into use.
  case subspace = "s_rsi"
  /// As published: the first columns are kept.
  case published = "s_rsi_published"
  case svd

  package var title: String {
    switch self {
    case .rankOne: "rank-1 rule (Adafactor)"
    case .subspace: "S-RSI, rotated"
    case .published: "S-RSI, as published"
    case .svd: "SVD (LAPACK)"
    }
  }
}

/// The error ratio ‖V − V̂‖ / ‖V‖ and the seconds of one method, rank by rank.
package struct FactorizationCurve: Sendable {
  package var errors: [Double] = []
  package var seconds: [Double] = []
}

/// What was found of one matrix.
package struct MatrixFactorization: Sendable {
  package let name: String
  package let shape: [Int]
  /// Singular values over the largest, in descending order.
  package let spectrum: [Double]
  /// As many numbers as ranks that the matrix admits.
  package var curves: [FactorizationMethod: FactorizationCurve]

  /// How many singular values hold this share of Σ σ².
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
