import COpenBLAS

/// The k = min(m, n) singular values of a row-major `[m, n]` matrix, with their left and right singular vectors:
/// Σ values[i] · left[i]ᵀ right[i] is the matrix.
package struct SingularValues {
  /// `[k, m]`: row i is the i-th left vector.
  package let left: Tensor
  /// The singular values, largest first.
  package let values: [Float]
  /// `[k, n]`: row i is the i-th right vector.
  package let right: Tensor

  /// Thin singular value decomposition, by LAPACK's `sgesdd`.
  ///
  /// - Returns: `nil` when LAPACK fails or a singular value is not finite.
  package init?(of matrix: Tensor) {
    // The last digits would depend on the number of threads.
    MatrixProduct.keepToOneThread()
    let (m, n) = (matrix.rows, matrix.columns)
    let k = min(m, n)
    // LAPACK sees the row-major [m, n] matrix as a column-major [n, m] one, whose left vectors are our right vectors.
    let work = matrix.copy()
    let (right, leftTransposed) = (Tensor(uninitialized: [k, n]), Tensor(uninitialized: [m, k]))
    var values = [Float](repeating: 0, count: k)
    let status = LAPACKE_sgesdd(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "S")), Int32(n), Int32(m), work.pointer, Int32(n), &values,
      right.pointer, Int32(n), leftTransposed.pointer, Int32(k))
    guard status == 0, values.allSatisfy(\.isFinite) else { return nil }
    let left = Tensor(uninitialized: [k, m])
    for row in 0..<m {
      for column in 0..<k { left.pointer[column * m + row] = leftTransposed.pointer[row * k + column] }
    }
    (self.left, self.values, self.right) = (left, values, right)
  }
}
