import CKernels
import COpenBLAS
import Support

/// Matrix products, in float32 through OpenBLAS and in bfloat16 through our own kernel. Our own threads each compute
/// some rows or columns of the result.
///
/// Each call to OpenBLAS is single-threaded, because its own threading was measured to be slower and erratic at a few
/// hundred tokens.
package enum MatrixProduct {
  /// Sets OpenBLAS to one thread when it is first read. Every product over several threads reads it beforehand.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// Sets OpenBLAS to one thread, before threads call ``serial(_:_:_:_:_:_:_:_:_:_:_:_:_:)`` or LAPACK directly.
  package static func keepToOneThread() { _ = singleThreaded }

  /// Name and build of the linked BLAS.
  package static var blasName: String {
    "\(String(cString: openblas_get_config()))".split(separator: " ").prefix(2).joined(separator: " ")
      + " (\(String(cString: openblas_get_corename())))"
  }

  /// `c[m, n] = alpha · op(a)[m, k] · op(b)[k, n] + beta · c`, all row-major with leading dimensions in elements.
  package static func product(
    m: Int, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, lda: Int, transposeA: Bool = false,
    _ b: UnsafePointer<Float>, ldb: Int, transposeB: Bool = false,
    beta: Float = 0, _ c: UnsafeMutablePointer<Float>, ldc: Int, precision: Precision = .float32
  ) {
    guard m > 0, n > 0 else { return }
    _ = singleThreaded
    // Below this size a thread hand-over costs more than it saves.
    let pool = ThreadPool.shared
    let worth = 2 * m * n * k >= 1 << 20
    guard worth, pool.threads > 1 else {
      serial(m, n, k, alpha, a, lda, transposeA, b, ldb, transposeB, beta, c, ldc, precision)
      return
    }
    let unit = precision.tile
    if m >= n {
      pool.parallel(count: (m + unit.rows - 1) / unit.rows, grain: max(1, 16 / unit.rows)) { range in
        let rows = range.lowerBound * unit.rows..<min(m, range.upperBound * unit.rows)
        let start = a + (transposeA ? rows.lowerBound : rows.lowerBound * lda)
        serial(
          rows.count, n, k, alpha, start, lda, transposeA, b, ldb, transposeB, beta, c + rows.lowerBound * ldc, ldc,
          precision)
      }
    } else {
      pool.parallel(count: (n + unit.columns - 1) / unit.columns, grain: max(1, 16 / unit.columns)) { range in
        let columns = range.lowerBound * unit.columns..<min(n, range.upperBound * unit.columns)
        let start = b + (transposeB ? columns.lowerBound * ldb : columns.lowerBound)
        serial(
          m, columns.count, k, alpha, a, lda, transposeA, start, ldb, transposeB, beta, c + columns.lowerBound, ldc,
          precision)
      }
    }
  }

  /// One single-threaded product, for callers that already split the work.
  package static func serial(
    _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int, _ transposeA: Bool,
    _ b: UnsafePointer<Float>, _ ldb: Int, _ transposeB: Bool,
    _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int, _ precision: Precision = .float32
  ) {
    guard !DryRun.isOn else { return }
    Profiler.count(flop: 2 * m * n * k)
    guard precision == .float32 else {
      ft_bfloat16_product(m, n, k, alpha, a, lda, transposeA ? 1 : 0, b, ldb, transposeB ? 1 : 0, beta, c, ldc)
      return
    }
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), alpha, a, blasint(max(1, lda)), b, blasint(max(1, ldb)), beta, c,
      blasint(max(1, ldc)))
  }

  /// `op(a) · op(b)` of two matrices.
  package static func product(_ a: Tensor, transposeA: Bool = false, _ b: Tensor, transposeB: Bool = false) -> Tensor {
    let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner, "inner dimensions differ: \(k) and \(inner)")
    let result = Tensor(uninitialized: [m, n])
    product(
      m: m, n: n, k: k, a.pointer, lda: a.columns, transposeA: transposeA, b.pointer, ldb: b.columns,
      transposeB: transposeB, result.pointer, ldc: n)
    return result
  }

  /// `c = op(a) · op(b) + beta · c`, which adds the product to `c` by default.
  package static func accumulate(
    _ a: Tensor, transposeA: Bool = false, _ b: Tensor, transposeB: Bool = false, into c: Tensor, beta: Float = 1
  ) {
    let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner && c.rows == m && c.columns == n)
    product(
      m: m, n: n, k: k, a.pointer, lda: a.columns, transposeA: transposeA, b.pointer, ldb: b.columns,
      transposeB: transposeB, beta: beta, c.pointer, ldc: n)
  }
}

extension Precision {
  /// The rows and columns that the kernel computes at a time. Threads divide a product at multiples of them; OpenBLAS
  /// was measured not to mind.
  fileprivate var tile: (rows: Int, columns: Int) { self == .float32 ? (1, 1) : (6, 64) }
}
