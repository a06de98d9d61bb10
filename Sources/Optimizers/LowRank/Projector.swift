import Tensors

/// Which side of a matrix a projection shortens, by the *weight's* shape.
package enum ProjectionSide: Sendable {
  /// `R = G Pᵀ` with P `[rank, n]`: tall and square matrices.
  case right
  /// `R = Pᵀ G` with P `[m, rank]`, stored as `[rank, m]`: wide matrices.
  case left
}

/// How the basis is found.
package enum ProjectorMethod: String, CaseIterable, Sendable {
  /// LAPACK's full decomposition, the reference.
  case svd
  /// Subspace iteration, warm-started from the last basis.
  case randomized
}

/// The top singular vectors of a gradient, row by row: `[rank, n]` on the right, `[rank, m]` on the left.
package enum Projector {
  /// Columns drawn beyond the rank; they settle what lies near the cut.
  private static let oversampling = 8
  /// Two products with the matrix each.
  private static let iterations = 4

  /// - Parameters:
  ///   - previous: the last basis; the randomized method starts from it.
  ///   - random: for the start vectors that have no predecessor.
  /// - Returns: `nil` when LAPACK fails; the caller then keeps the old basis.
  package static func basis(
    of gradient: Tensor, side: ProjectionSide, rank: Int, method: ProjectorMethod, previous: Tensor?,
    random: RandomGenerator
  ) -> Tensor? {
    switch method {
    case .svd:
      guard let svd = Decomposition.svd(gradient) else { return nil }
      return (side == .right ? svd.right : svd.left).rowSlice(0..<rank).copy()
    case .randomized:
      return randomized(gradient, side, rank, previous, random)
    }
  }

  private static func randomized(
    _ gradient: Tensor, _ side: ProjectionSide, _ rank: Int, _ previous: Tensor?, _ random: RandomGenerator
  ) -> Tensor? {
    let isRight = side == .right
    let length = isRight ? gradient.columns : gradient.rows
    let width = min(rank + oversampling, min(gradient.rows, gradient.columns))
    let start = Tensor(uninitialized: [width, length])
    random.fillNormal(start)
    if let previous { start.rowSlice(0..<rank).copyValues(from: previous) }
    guard var basis = Decomposition.orthonormalizeRows(start) else { return nil }
    for _ in 0..<iterations {
      guard let image = Decomposition.orthonormalizeRows(apply(gradient, to: basis, transposing: !isRight)),
        let next = Decomposition.orthonormalizeRows(apply(gradient, to: image, transposing: isRight))
      else { return nil }
      basis = next
    }
    // Rotate to the singular vectors within the subspace, and cut there.
    guard let small = Decomposition.svd(apply(gradient, to: basis, transposing: !isRight)) else { return nil }
    let rotated = MatrixProduct.product(small.left.rowSlice(0..<rank).copy(), basis)
    Decomposition.signRows(rotated)
    return rotated
  }

  /// Rows `Gxᵢ`, or `Gᵀxᵢ` when transposing, for the rows xᵢ of `vectors`.
  private static func apply(_ gradient: Tensor, to vectors: Tensor, transposing: Bool) -> Tensor {
    MatrixProduct.product(vectors, gradient, transposeB: !transposing)
  }
}
