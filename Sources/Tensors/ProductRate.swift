import COpenBLAS
import Support

/// How many floating-point operations a second the machine makes of large matrix products, measured on the spot.
///
/// Machines differ, and one machine differs from one minute to the next. So a rate is measured just beside what is
/// compared with it.
package final class ProductRate {
  private let size: Int
  private let factors: (Tensor, Tensor)
  /// One product for each thread.
  private let products: [Tensor]

  /// Takes the memory for square matrices of `size` rows: two factors, and a product for each thread.
  package init(size: Int = 1_024) {
    self.size = size
    let random = RandomGenerator(seed: 1)
    factors = (Tensor(zeros: [size, size]), Tensor(zeros: [size, size]))
    random.stream("a").fillNormal(factors.0)
    random.stream("b").fillNormal(factors.1)
    products = (0..<ThreadPool.shared.threads).map { _ in Tensor(zeros: [size, size]) }
  }

  /// The memory that the matrices take.
  package var byteCount: Int { (2 + products.count) * size * size * ElementType.float32.size }

  /// The rate of ``MatrixProduct``, whose threads share one product.
  package func ours(_ precision: Precision) -> Double {
    let (a, b) = factors
    return rate(products: 1) {
      MatrixProduct.product(
        m: size, n: size, k: size, a.pointer, lda: size, b.pointer, ldb: size, products[0].pointer, ldc: size,
        precision: precision)
    }
  }

  /// The rate of the linked BLAS's `sgemm`, with a product for each thread.
  package func blas() -> Double {
    let (a, b) = factors
    MatrixProduct.keepToOneThread()
    return rate(products: products.count) {
      ThreadPool.shared.parallel(products.count) { part in
        let n = blasint(size)
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a.pointer, n, b.pointer, n, 0, products[part].pointer,
          n)
      }
    }
  }

  /// The middle of three.
  private func rate(products count: Int, _ body: () -> Void) -> Double {
    let flop = 2 * Double(count) * Double(size) * Double(size) * Double(size)
    let rates = (0..<3).map { _ in flop / max(1e-9, ContinuousClock().measure(body).seconds) }
    return rates.sorted()[1]
  }
}
