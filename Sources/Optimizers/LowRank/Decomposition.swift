import COpenBLAS
import Tensors

/// Matrix decompositions by LAPACK. Each returns `nil` when LAPACK reports a failure.
package enum Decomposition {
  /// Thin SVD. The left and the right vectors are signed by ``signRows(_:)`` separately, so their product with the
  /// values need not give the matrix back.
  ///
  /// - Returns: `nil` when LAPACK fails or a singular value is not finite.
  package static func svd(_ matrix: Tensor) -> SingularValues? {
    guard let found = SingularValues(of: matrix) else { return nil }
    signRows(found.left)
    signRows(found.right)
    return found
  }

  /// An orthonormal basis `[k, n]` of the span of the k ≤ n rows, by Householder QR. The rows may be zero or dependent;
  /// the basis then spans more than they do.
  package static func orthonormalizeRows(_ matrix: Tensor) -> Tensor? {
    let (k, n) = (matrix.rows, matrix.columns)
    precondition(k <= n)
    // LAPACK sees the row-major [k, n] matrix as a column-major [n, k] one, whose columns are our rows.
    let result = matrix.copy()
    var tau = [Float](repeating: 0, count: k)
    guard LAPACKE_sgeqrf(LAPACK_COL_MAJOR, Int32(n), Int32(k), result.pointer, Int32(n), &tau) == 0,
      LAPACKE_sorgqr(
        LAPACK_COL_MAJOR, Int32(n), Int32(k), Int32(k), result.pointer, Int32(n), tau) == 0
    else { return nil }
    return result
  }

  /// The orthonormal eigenvectors of XXᵀ for its `count` largest eigenvalues, as rows of `[count, w]`, largest first. X
  /// is `[w, n]`.
  ///
  /// The computation is in Double. The eigenvalues are the squares of X's singular values, and in Float those of
  /// singular values below 3e-4 of the largest would be lost.
  package static func leadingEigenvectors(ofGramOf matrix: Tensor, count: Int) -> Tensor? {
    let w = matrix.rows
    guard let vectors = leadingEigenvectors(of: ThinProduct.gram(matrix), size: w, count: count) else { return nil }
    let result = Tensor(uninitialized: [count, w])
    for (index, value) in vectors.enumerated() { result.pointer[index] = Float(value) }
    return result
  }

  /// The same eigenvectors for a symmetric `[size, size]` matrix, of which only the upper triangle is read.
  static func leadingEigenvectors(of matrix: [Double], size: Int, count: Int) -> [Double]? {
    precondition(count <= size)
    var (vectors, values) = (matrix, [Double](repeating: 0, count: size))
    // The row-major upper triangle is the column-major lower one. LAPACK orders the eigenvectors from the smallest
    // eigenvalue to the largest, one in each column.
    let status = LAPACKE_dsyevd(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "V")), CChar(bitPattern: UInt8(ascii: "L")), Int32(size),
      &vectors, Int32(size), &values)
    guard status == 0, values.allSatisfy(\.isFinite) else { return nil }
    return (0..<count).flatMap { vectors[(size - 1 - $0) * size..<(size - $0) * size] }
  }

  /// Negates rows where needed, so that the entry of largest magnitude in each row is positive.
  ///
  /// LAPACK builds differ in the signs of singular vectors. A flipped sign would matter, because moments in the basis
  /// of these vectors are kept when the basis is refreshed.
  package static func signRows(_ matrix: Tensor) {
    let columns = matrix.columns
    for row in 0..<matrix.rows {
      let values = UnsafeMutableBufferPointer(start: matrix.pointer + row * columns, count: columns)
      var largest: Float = 0
      for value in values where abs(value) > abs(largest) { largest = value }
      if largest < 0 { for index in values.indices { values[index] = -values[index] } }
    }
  }

  /// The transpose, in memory of its own.
  package static func transposed(_ matrix: Tensor) -> Tensor {
    let (rows, columns) = (matrix.rows, matrix.columns)
    let result = Tensor(uninitialized: [columns, rows])
    for row in 0..<rows {
      for column in 0..<columns { result.pointer[column * rows + row] = matrix.pointer[row * columns + column] }
    }
    return result
  }
}
