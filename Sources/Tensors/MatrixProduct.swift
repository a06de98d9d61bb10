import CKernels
import COpenBLAS
import Foundation
import Support

/// Matrix products, by our own kernels where the CPU has AVX-512 or AVX2, else in float32 by OpenBLAS. In float32,
/// larger products of few rows are OpenBLAS's everywhere, and with AVX-512 small ones too.
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
    guard 2 * m * n * k >= leastShared else {
      serial(m, n, k, alpha, a, lda, transposeA, b, ldb, transposeB, beta, c, ldc, precision)
      return
    }
    if precision == .bfloat16 || (ownLanes > 0 && m >= leastOwnRows) {
      var whole = job(m, n, k, alpha, a, lda, transposeA, b, ldb, transposeB, beta, c, ldc, precision)
      share(&whole)
    } else {
      shareSingle(m, n, k, alpha, a, lda, transposeA, b, ldb, transposeB, beta, c, ldc)
    }
  }

  /// The operations below which handing a product to other threads costs more than it saves.
  private static let leastShared = 1 << 20

  /// The floats in a register of our own float32 kernel: 16, 8, or 0 where the CPU has no instructions for it. It is as
  /// fast as OpenBLAS's on one thread and faster on several, because they copy each block once for all of them and claim
  /// small parts of the result.
  private static let ownLanes = ft_float32_product_lanes()
  /// The rows from which on copying the right factor pays in float32.
  private static let leastOwnRows = 48

  private static func job(
    _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int, _ transposeA: Bool,
    _ b: UnsafePointer<Float>, _ ldb: Int, _ transposeB: Bool,
    _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int, _ precision: Precision
  ) -> ft_product {
    ft_product(
      m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, transpose_a: transposeA ? 1 : 0, b: b, ldb: ldb,
      transpose_b: transposeB ? 1 : 0, beta: beta, c: c, ldc: ldc, is_bfloat16: precision == .bfloat16 ? 1 : 0,
      columns: 0, parts: 0, rows: 0, group: 0, cleared: 0)
  }

  /// A product by our own kernel, on all threads. Its result does not depend on their number.
  private static func share(_ job: inout ft_product) {
    let pool = ThreadPool.shared
    // Inside another region there is one thread, whose own working memory is enough.
    guard !pool.isBusy else {
      Profiler.count(flop: 2 * job.m * job.n * job.k)
      return ft_product_alone(&job)
    }
    let bytes = ft_product_plan(&job, pool.threads)
    let memory = Tensor(uninitialized: [(bytes + 3) / 4])
    guard !DryRun.isOn else { return }
    Profiler.count(flop: 2 * job.m * job.n * job.k)
    memset(memory.pointer, 0, job.cleared)
    let planned = job
    pool.parallel(pool.threads) { _ in
      withUnsafePointer(to: planned) { ft_product_shared($0, memory.pointer) }
    }
  }

  /// A product by OpenBLAS, cut into as many parts as there are threads.
  private static func shareSingle(
    _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int, _ transposeA: Bool,
    _ b: UnsafePointer<Float>, _ ldb: Int, _ transposeB: Bool,
    _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
  ) {
    let pool = ThreadPool.shared
    if m >= n {
      pool.parallel(count: m, grain: 16) { rows in
        let start = a + (transposeA ? rows.lowerBound : rows.lowerBound * lda)
        serial(
          rows.count, n, k, alpha, start, lda, transposeA, b, ldb, transposeB, beta, c + rows.lowerBound * ldc, ldc)
      }
    } else {
      pool.parallel(count: n, grain: 16) { columns in
        let start = b + (transposeB ? columns.lowerBound * ldb : columns.lowerBound)
        serial(
          m, columns.count, k, alpha, a, lda, transposeA, start, ldb, transposeB, beta, c + columns.lowerBound, ldc)
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
    // With AVX2 it is twice as fast as OpenBLAS on the small products of attention (16 × 16 × 64: 34 and 21 GFLOP/s).
    let isOwn = ownLanes == 8 && (m >= leastOwnRows || 2 * m * n * k < leastShared)
    guard precision == .float32 && !isOwn else {
      var job = job(m, n, k, alpha, a, lda, transposeA, b, ldb, transposeB, beta, c, ldc, precision)
      ft_product_alone(&job)
      return
    }
    blas(m, n, k, alpha, a, lda, transposeA, b, ldb, transposeB, beta, c, ldc)
  }

  private static func blas(
    _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int, _ transposeA: Bool,
    _ b: UnsafePointer<Float>, _ ldb: Int, _ transposeB: Bool,
    _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), alpha, a, blasint(max(1, lda)), b, blasint(max(1, ldb)), beta, c,
      blasint(max(1, ldc)))
  }

  /// Computes a product by OpenBLAS on every thread, because it takes its working memory at a thread's first product.
  package static func takeWorkingMemory() {
    keepToOneThread()
    let size = 512
    ThreadPool.shared.parallel(ThreadPool.shared.threads) { _ in
      let (a, b) = (Tensor(zeros: [size, size]), Tensor(zeros: [size, size]))
      let c = Tensor(uninitialized: [size, size])
      blas(size, size, size, 1, a.pointer, size, false, b.pointer, size, true, 0, c.pointer, size)
    }
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
