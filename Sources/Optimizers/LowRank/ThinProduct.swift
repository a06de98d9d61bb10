import COpenBLAS
import Support
import Tensors

/// Products of a matrix with a few vectors, as subspace iteration needs them. Up to 32 vectors are multiplied by our
/// own kernels, more by OpenBLAS.
///
/// OpenBLAS first copies the matrix into its own layout. With so few vectors that is expensive, because each element is
/// used only a few times.
package enum ThinProduct {
  private static let mostVectors = 32
  private static let panel = 16
  private static let halfPanel = 8

  /// Vectors laid out for ``products(_:rows:_:into:stride:)``.
  struct Vectors {
    /// `[w, n]`.
    let plain: Tensor
    /// The vectors in panels of 16, interleaved; the last panel has 8 where that is enough. `nil` for more than 32
    /// vectors.
    fileprivate let packed: Tensor?

    init(_ vectors: Tensor) {
      plain = vectors
      let (w, n) = (vectors.rows, vectors.columns)
      guard w <= mostVectors else {
        packed = nil
        return
      }
      let packed = Tensor(zeros: [(w + halfPanel - 1) / halfPanel * halfPanel, n])
      for first in stride(from: 0, to: w, by: panel) {
        let lanes = w - first > halfPanel ? panel : halfPanel
        for c in first..<min(w, first + panel) {
          let (source, target) = (vectors.pointer + c * n, packed.pointer + first * n + c - first)
          for index in 0..<n { target[index * lanes] = source[index] }
        }
      }
      self.packed = packed
    }
  }

  /// `A v` for each row v of `vectors`, `[w, A's columns]`: `[w, A's rows]`.
  static func products(_ matrix: Tensor, _ vectors: Tensor) -> Tensor {
    guard vectors.rows <= mostVectors else { return MatrixProduct.product(vectors, matrix, transposeB: true) }
    let (result, vectors) = (Tensor(uninitialized: [vectors.rows, matrix.rows]), Vectors(vectors))
    ThreadPool.shared.parallel(count: matrix.rows, grain: 32) { range in
      products(
        matrix.pointer + range.lowerBound * matrix.columns, rows: range.count, vectors,
        into: result.pointer + range.lowerBound, stride: matrix.rows)
    }
    return result
  }

  /// `Aᵀq` for each row q of `vectors`, `[w, A's rows]`: `[w, A's columns]`.
  static func combinations(_ matrix: Tensor, _ vectors: Tensor) -> Tensor {
    let (w, n) = (vectors.rows, matrix.columns)
    guard w <= mostVectors else { return MatrixProduct.product(vectors, matrix) }
    let result = Tensor(zeros: [w, n])
    // By columns, so that no sum depends on the number of threads.
    ThreadPool.shared.parallel(count: n, grain: 64) { range in
      OptimizerKernels.best.thin_combinations(
        matrix.pointer + range.lowerBound, matrix.rows, range.count, n, vectors.pointer, matrix.rows, w,
        result.pointer + range.lowerBound, n)
    }
    return result
  }

  /// The products of some rows of A, on this thread. Those of vector c are written from `result + c * stride` on.
  static func products(
    _ a: UnsafePointer<Float>, rows: Int, _ vectors: Vectors, into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let (w, n) = (vectors.plain.rows, vectors.plain.columns)
    if let packed = vectors.packed {
      OptimizerKernels.best.thin_products(a, rows, n, packed.pointer, w, result, stride)
    } else {
      MatrixProduct.serial(w, rows, n, 1, vectors.plain.pointer, n, false, a, n, true, 0, result, stride)
    }
  }

  /// Adds Aᵀq for some rows of A to `result`, on this thread, one row for each vector q. Element i of vector c is
  /// `q[c * stride + i]`.
  static func addCombinations(
    _ a: UnsafePointer<Float>, rows: Int, _ q: UnsafePointer<Float>, stride: Int, to result: Tensor
  ) {
    let (w, n) = (result.rows, result.columns)
    if w <= mostVectors {
      OptimizerKernels.best.thin_combinations(a, rows, n, n, q, stride, w, result.pointer, n)
    } else {
      MatrixProduct.serial(w, n, rows, 1, q, stride, false, a, n, false, 1, result.pointer, n)
    }
  }

  /// XXᵀ in Double, `[w, w]` by rows. Only the upper triangle is valid.
  package static func gram(_ vectors: Tensor) -> [Double] {
    let (w, n) = (vectors.rows, vectors.columns)
    var gram = [Double](repeating: 0, count: w * w)
    if w <= mostVectors {
      OptimizerKernels.best.thin_gram(vectors.pointer, w, n, n, &gram)
    } else {
      let wide = (0..<w * n).map { Double(vectors.pointer[$0]) }
      cblas_dsyrk(
        CblasRowMajor, CblasUpper, CblasNoTrans, Int32(w), Int32(n), 1, wide, Int32(n), 0, &gram, Int32(w))
    }
    return gram
  }
}
