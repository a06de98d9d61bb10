import Support
import Tensors

/// Products of a matrix with a few vectors, as subspace iteration needs: our kernels up to 32 of them, beyond that OpenBLAS.
///
/// For so few there is little to compute with each element, and OpenBLAS copies the matrix into its own layout first.
enum ThinProduct {
  private static let mostVectors = 32
  private static let panel = 16

  /// `A v` for each row v of `vectors`, `[w, A's columns]`: `[w, A's rows]`.
  static func products(_ matrix: Tensor, _ vectors: Tensor) -> Tensor {
    let (w, n) = (vectors.rows, matrix.columns)
    guard w <= mostVectors else { return MatrixProduct.product(vectors, matrix, transposeB: true) }
    let packed = Tensor(zeros: [(w + panel - 1) / panel, n, panel])
    for c in 0..<w {
      let (source, target) = (vectors.pointer + c * n, packed.pointer + c / panel * n * panel + c % panel)
      for index in 0..<n { target[index * panel] = source[index] }
    }
    let (result, kernels) = (Tensor(uninitialized: [w, matrix.rows]), OptimizerKernels.best)
    ThreadPool.shared.parallel(count: matrix.rows, grain: 32) { range in
      kernels.thin_products(
        matrix.pointer + range.lowerBound * n, range.count, n, packed.pointer, w, result.pointer + range.lowerBound,
        matrix.rows)
    }
    return result
  }

  /// `Aᵀq` for each row q of `vectors`, `[w, A's rows]`: `[w, A's columns]`.
  static func combinations(_ matrix: Tensor, _ vectors: Tensor) -> Tensor {
    let (w, n) = (vectors.rows, matrix.columns)
    guard w <= mostVectors else { return MatrixProduct.product(vectors, matrix) }
    let (result, kernels) = (Tensor(zeros: [w, n]), OptimizerKernels.best)
    // By columns, so that no sum depends on the number of threads.
    ThreadPool.shared.parallel(count: n, grain: 64) { range in
      kernels.thin_combinations(
        matrix.pointer + range.lowerBound, matrix.rows, range.count, n, vectors.pointer, matrix.rows, w,
        result.pointer + range.lowerBound, n)
    }
    return result
  }
}
