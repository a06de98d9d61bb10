import Foundation
import Tensors

/// The factors of an m×n matrix, `A ≈ Q Uᵀ`. The k columns of Q are orthonormal.
package struct LowRankFactors {
  /// `[k, m]`, whose rows are the columns of Q.
  package let q: Tensor
  /// `[k, n]`, whose rows are the columns of U.
  package let u: Tensor

  package init(q: Tensor, u: Tensor) { (self.q, self.u) = (q, u) }

  /// ξ = ‖A − QUᵀ‖ / ‖A‖ by the formula ξ² = (‖A‖² − ‖U‖²) / ‖A‖², which holds for U = AᵀQ. It is 0 for a zero matrix.
  ///
  /// With factors in Float, ξ near 1e-3 has an error of 2–10 %, and smaller results are noise. A negative ξ² counts as
  /// 0.
  ///
  /// - Parameter squaredNorm: ‖A‖².
  package func errorRatio(squaredNorm: Double) -> Double {
    guard squaredNorm > 0 else { return 0 }
    let kept = (0..<u.count).reduce(0.0) { $0 + Double(u.pointer[$1]) * Double(u.pointer[$1]) }
    return max(0, (squaredNorm - kept) / squaredNorm).squareRoot()
  }
}

/// Streamlined randomized subspace iteration (S-RSI; Adapprox, algorithm 1). It repeats `Q ← orth(A U)`, `U ← AᵀQ`.
package enum SubspaceIteration {
  /// How the columns beyond the rank are removed.
  package enum Truncation: String, CaseIterable, Sendable {
    /// Q and U are rotated by the eigenvectors of UᵀU first, so that the best columns are kept, largest first.
    case rotate
    /// The first columns are kept, as in the paper. The columns beyond the rank have no influence on them.
    case columns
  }

  /// Factors an m×n matrix.
  ///
  /// - Parameters:
  ///   - sketch: the start of U, `[w, n]`, with w from `rank` to min(m, n).
  ///   - iterations: at least 1. Each takes two products with the matrix and one QR.
  /// - Returns: `nil` when the matrix is not finite or LAPACK fails. A zero or rank-deficient matrix is no failure; the
  ///   surplus columns of U are then 0, and those of Q are arbitrary.
  package static func factor(
    _ matrix: some MatrixOperator, sketch: Tensor, rank: Int, iterations: Int, truncation: Truncation = .rotate
  ) -> LowRankFactors? {
    precondition(rank >= 1 && rank <= sketch.rows && sketch.rows <= min(matrix.rows, matrix.columns) && iterations >= 1)
    var (q, u) = (sketch, sketch)
    for _ in 0..<iterations {
      guard let basis = Decomposition.orthonormalizeRows(matrix.times(u)) else { return nil }
      q = basis
      u = matrix.transposedTimes(q)
    }
    guard ElementWise.sumOfSquares(u).isFinite else { return nil }
    switch truncation {
    case .columns:
      return LowRankFactors(q: q.rowSlice(0..<rank).copy(), u: u.rowSlice(0..<rank).copy())
    case .rotate:
      guard let vectors = Decomposition.leadingEigenvectors(ofGramOf: u, count: rank) else { return nil }
      return LowRankFactors(q: MatrixProduct.product(vectors, q), u: MatrixProduct.product(vectors, u))
    }
  }

  /// A sketch `[width, columns]`: the rows of `previous`, each divided by its largest magnitude, then rows from
  /// `fresh`.
  ///
  /// A zero row of `previous` would stay zero in every iteration, so it is replaced too.
  package static func sketch(width: Int, columns: Int, previous: Tensor?, fresh: (_ count: Int) -> Tensor) -> Tensor {
    guard let previous else { return fresh(width) }
    let result = Tensor(uninitialized: [width, columns])
    var filled = 0
    for row in 0..<min(width, previous.rows) {
      let source = previous.rowSlice(row..<row + 1)
      let largest = source.values.reduce(Float(0)) { max($0, abs($1)) }
      guard largest > 0, largest.isFinite else { continue }
      let target = result.rowSlice(filled..<filled + 1)
      // Not scaled by the norm, because squares of second moments leave Float's range.
      let scale = 1 / Double(largest)
      for column in 0..<columns { target.pointer[column] = Float(Double(source.pointer[column]) * scale) }
      filled += 1
    }
    if filled < width { result.rowSlice(filled..<width).copyValues(from: fresh(width - filled)) }
    return result
  }
}
