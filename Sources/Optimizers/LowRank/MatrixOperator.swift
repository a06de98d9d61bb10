import Tensors

/// A matrix as a factorization sees it, by its products only. It need not be in memory as a whole.
package protocol MatrixOperator {
  var rows: Int { get }
  var columns: Int { get }
  /// `[w, rows]`: A x for each row x of `vectors`, `[w, columns]`.
  func times(_ vectors: Tensor) -> Tensor
  /// `[w, columns]`: Aᵀ q for each row q of `vectors`, `[w, rows]`.
  func transposedTimes(_ vectors: Tensor) -> Tensor
  /// `‖A − QUᵀ‖²_F`, computed by forming the difference.
  func squaredError(of factors: LowRankFactors) -> Double
}

/// A matrix in memory, or its transpose.
package struct DenseMatrix: MatrixOperator {
  private let matrix: Tensor
  private let isTransposed: Bool

  package init(_ matrix: Tensor, transposed: Bool = false) {
    (self.matrix, isTransposed) = (matrix, transposed)
  }

  package var rows: Int { isTransposed ? matrix.columns : matrix.rows }
  package var columns: Int { isTransposed ? matrix.rows : matrix.columns }

  package func times(_ vectors: Tensor) -> Tensor {
    isTransposed ? ThinProduct.combinations(matrix, vectors) : ThinProduct.products(matrix, vectors)
  }

  package func transposedTimes(_ vectors: Tensor) -> Tensor {
    isTransposed ? ThinProduct.products(matrix, vectors) : ThinProduct.combinations(matrix, vectors)
  }

  package func squaredError(of factors: LowRankFactors) -> Double {
    let (left, right) = isTransposed ? (factors.u, factors.q) : (factors.q, factors.u)
    let difference = matrix.copy()
    MatrixProduct.product(
      m: matrix.rows, n: matrix.columns, k: left.rows, alpha: -1, left.pointer, lda: left.columns, transposeA: true,
      right.pointer, ldb: right.columns, beta: 1, difference.pointer, ldc: matrix.columns)
    return ElementWise.sumOfSquares(difference)
  }
}
