import COpenBLAS
import Tensors

/// Matrix decompositions through LAPACK. Each returns `nil` when LAPACK reports failure.
package enum Decomposition {
  /// Left and right singular vectors and singular values of a row-major `[m, n]` matrix, `k = min(m, n)` of each.
  package struct SVD {
    /// `[k, m]`: row i is the i-th left vector.
    package let left: Tensor
    package let values: [Float]
    /// `[k, n]`: row i is the i-th right vector.
    package let right: Tensor
  }

  /// Thin SVD (`sgesdd`), vectors signed by ``signRows(_:)``, left and right apart.
  package static func svd(_ matrix: Tensor) -> SVD? {
    let (m, n) = (matrix.rows, matrix.columns)
    let k = min(m, n)
    // Row-major [m, n] is column-major [n, m], whose left vectors are our right ones.
    let work = matrix.copy()
    let right = Tensor(uninitialized: [k, n])
    let leftTransposed = Tensor(uninitialized: [m, k])
    var values = [Float](repeating: 0, count: k)
    let status = LAPACKE_sgesdd(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "S")), Int32(n), Int32(m), work.pointer, Int32(n), &values,
      right.pointer, Int32(n), leftTransposed.pointer, Int32(k))
    guard status == 0, values.allSatisfy(\.isFinite) else { return nil }
    let left = transposed(leftTransposed)
    signRows(left)
    signRows(right)
    return SVD(left: left, values: values, right: right)
  }

  /// Orthonormal basis of the rows' span, by Householder QR: survives zero and rank-deficient input.
  package static func orthonormalizeRows(_ matrix: Tensor) -> Tensor? {
    let (k, n) = (matrix.rows, matrix.columns)
    precondition(k <= n)
    // Row-major [k, n] is column-major [n, k]: its columns are our rows.
    let result = matrix.copy()
    var tau = [Float](repeating: 0, count: k)
    guard LAPACKE_sgeqrf(LAPACK_COL_MAJOR, Int32(n), Int32(k), result.pointer, Int32(n), &tau) == 0,
      LAPACKE_sorgqr(
        LAPACK_COL_MAJOR, Int32(n), Int32(k), Int32(k), result.pointer, Int32(n), tau) == 0
    else { return nil }
    return result
  }

  /// Orthonormal eigenvectors of XXᵀ for its `count` largest eigenvalues, largest first: row i of `[count, w]` for X `[w, n]`.
  ///
  /// In Double: the eigenvalues are squares of X's singular values, so Float would lose those below 3e-4 of the largest.
  package static func leadingEigenvectors(ofGramOf matrix: Tensor, count: Int) -> Tensor? {
    let w = matrix.rows
    guard let vectors = leadingEigenvectors(of: ThinProduct.gram(matrix), size: w, count: count) else { return nil }
    let result = Tensor(uninitialized: [count, w])
    for (index, value) in vectors.enumerated() { result.pointer[index] = Float(value) }
    return result
  }

  /// The same of a symmetric `[size, size]` matrix, of which the upper triangle is read.
  static func leadingEigenvectors(of matrix: [Double], size: Int, count: Int) -> [Double]? {
    precondition(count <= size)
    var (vectors, values) = (matrix, [Double](repeating: 0, count: size))
    // The row-major upper triangle is the column-major lower one; column i of the result is the i-th smallest's vector.
    let status = LAPACKE_dsyevd(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "V")), CChar(bitPattern: UInt8(ascii: "L")), Int32(size),
      &vectors, Int32(size), &values)
    guard status == 0, values.allSatisfy(\.isFinite) else { return nil }
    return (0..<count).flatMap { vectors[(size - 1 - $0) * size..<(size - $0) * size] }
  }

  /// Signs each row so that its entry of largest magnitude is positive.
  ///
  /// LAPACK builds differ in the signs of singular vectors, while moments in their basis outlive a refresh.
  package static func signRows(_ matrix: Tensor) {
    let columns = matrix.columns
    for row in 0..<matrix.rows {
      let values = UnsafeMutableBufferPointer(start: matrix.pointer + row * columns, count: columns)
      var largest: Float = 0
      for value in values where abs(value) > abs(largest) { largest = value }
      if largest < 0 { for index in values.indices { values[index] = -values[index] } }
    }
  }

  package static func transposed(_ matrix: Tensor) -> Tensor {
    let (rows, columns) = (matrix.rows, matrix.columns)
    let result = Tensor(uninitialized: [columns, rows])
    for row in 0..<rows {
      for column in 0..<columns { result.pointer[column * rows + row] = matrix.pointer[row * columns + column] }
    }
    return result
  }
}
