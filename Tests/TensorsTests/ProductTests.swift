import CKernels
import Foundation
import Support
import Tensors
import TestSupport
import Testing

/// Products by our own kernels, in every precision that this CPU has. Where it has no bfloat16, the refusal is tested by
/// CommandTests.
@Suite(.serialized) struct ProductTests {
  static let precisions = Precision.allCases.filter(\.isSupported)

  struct Product: Sendable, CustomTestStringConvertible {
    let (m, n, k): (Int, Int, Int)
    let isTransposedA: Bool
    let isTransposedB: Bool
    var testDescription: String { "\(m)×\(n)×\(k) \(isTransposedA ? "T" : "N")\(isTransposedB ? "T" : "N")" }
  }

  /// Every remainder of the tiles' sizes, and sizes beyond one block in each direction.
  static let products: [Product] = {
    let sizes = [
      (1, 1, 1), (5, 16, 2), (6, 17, 3), (7, 33, 31), (11, 48, 32), (12, 49, 33), (13, 64, 63), (3, 65, 64),
      (121, 80, 65), (2, 770, 10), (130, 20, 390), (8, 800, 385), (60, 70, 770), (49, 129, 97), (100, 65, 385),
    ]
    return sizes.flatMap { m, n, k in
      [(false, true), (false, false), (true, false), (true, true)].map {
        Product(m: m, n: n, k: k, isTransposedA: $0, isTransposedB: $1)
      }
    }
  }()

  /// What a factor is multiplied as: itself, or the nearest bfloat16, ties to even.
  private static func rounded(_ x: Float, _ precision: Precision) -> Double {
    guard precision == .bfloat16 else { return Double(x) }
    let bits = x.bitPattern
    return Double(Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000))
  }

  private func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: [rows, columns])
    RandomGenerator(seed: seed).fillNormal(tensor)
    return tensor
  }

  /// The product of rounded factors, with rows longer than the matrices are, and nothing written beside the result.
  @Test(arguments: products, [0, 1, 0.5] as [Float]) func product(_ product: Product, beta: Float) {
    for precision in ProductTests.precisions { check(product, beta, precision) }
  }

  private func check(_ product: Product, _ beta: Float, _ precision: Precision) {
    let (m, n, k) = (product.m, product.n, product.k)
    let (a, b) = (
      product.isTransposedA ? matrix(k, m + 3, seed: 1) : matrix(m, k + 3, seed: 1),
      product.isTransposedB ? matrix(n, k + 1, seed: 2) : matrix(k, n + 1, seed: 2)
    )
    let before = matrix(m, n + 2, seed: 3)
    if beta == 0 { before.fill(.nan) }
    for threads in [1, 2] {
      ThreadPool.shared.configure(threads: threads)
      let c = before.copy()
      MatrixProduct.product(
        m: m, n: n, k: k, alpha: 0.7, a.pointer, lda: a.columns, transposeA: product.isTransposedA, b.pointer,
        ldb: b.columns, transposeB: product.isTransposedB, beta: beta, c.pointer, ldc: c.columns, precision: precision)
      for row in 0..<m {
        for column in 0..<n {
          var (sum, size) = (0.0, 0.0)
          for inner in 0..<k {
            let left = a.pointer[product.isTransposedA ? inner * a.columns + row : row * a.columns + inner]
            let right = b.pointer[product.isTransposedB ? column * b.columns + inner : inner * b.columns + column]
            let term = ProductTests.rounded(left, precision) * ProductTests.rounded(right, precision)
            (sum, size) = (sum + term, size + abs(term))
          }
          let old = beta == 0 ? 0 : Double(beta * before.pointer[row * c.columns + column])
          let found = Double(c.pointer[row * c.columns + column])
          #expect(abs(found - (0.7 * sum + old)) <= 1e-6 * (size + abs(old) + 1), "\(row), \(column)")
        }
        for column in n..<n + 2 {
          let index = row * c.columns + column
          #expect(c.pointer[index].bitPattern == before.pointer[index].bitPattern)
        }
      }
    }
  }

  /// So wide that the right factor is copied in several parts, on any number of threads: the same bits. Some elements are
  /// compared with plain sums.
  @Test(arguments: precisions) func severalParts(_ precision: Precision) {
    let (m, n, k) = (61, 5_003, 1_009)
    let (a, b) = (matrix(m, k, seed: 1), matrix(n, k, seed: 2))
    let results = [1, 2, 3].map { threads in
      ThreadPool.shared.configure(threads: threads)
      let c = Tensor(uninitialized: [m, n])
      MatrixProduct.product(
        m: m, n: n, k: k, a.pointer, lda: k, b.pointer, ldb: k, transposeB: true, c.pointer, ldc: n,
        precision: precision)
      return c.values
    }
    ThreadPool.shared.configure(threads: 2)
    // Without AVX2, OpenBLAS multiplies float32 numbers, and sums in another order on other numbers of threads.
    if precision == .bfloat16 || ft_float32_product_lanes() > 0 {
      #expect(results[0] == results[1] && results[1] == results[2])
    }
    for index in stride(from: 0, to: m * n, by: 977) {
      let (row, column) = (index / n, index % n)
      let sum = (0..<k).reduce(0.0) {
        $0 + ProductTests.rounded(a.pointer[row * k + $1], precision)
          * ProductTests.rounded(b.pointer[column * k + $1], precision)
      }
      #expect(abs(Double(results[1][index]) - sum) < 1e-3, "\(row), \(column)")
    }
  }

  @Test(.enabled(if: Precision.bfloat16.isSupported)) func nothingToSum() {
    let c = matrix(2, 3, seed: 1)
    let old = c.values
    MatrixProduct.serial(2, 3, 0, 1, c.pointer, 1, false, c.pointer, 3, false, 1, c.pointer, 3, .bfloat16)
    #expect(c.values == old)
    MatrixProduct.serial(2, 3, 0, 1, c.pointer, 1, false, c.pointer, 3, false, 0, c.pointer, 3, .bfloat16)
    #expect(c.values == [0, 0, 0, 0, 0, 0])
  }

  /// What is not finite stays so, and what is not there is not read: NaN beside the matrix changes nothing.
  @Test(.enabled(if: Precision.bfloat16.isSupported)) func notFinite() {
    func product(_ a: [Float], _ b: [Float]) -> Float {
      let (left, right, c) = (Tensor(a, shape: [1, a.count]), Tensor(b, shape: [1, b.count]), Tensor(zeros: [1, 1]))
      MatrixProduct.serial(
        1, 1, 3, 1, left.pointer, 3, false, right.pointer, 3, true, 0, c.pointer, 1, .bfloat16)
      return c.pointer[0]
    }
    #expect(product([1, .nan, 1], [1, 1, 1]).isNaN)
    #expect(product([1, .infinity, 1], [1, 1, 1]) == .infinity)
    #expect(product([3.4e38, 1, 1], [1, 1, 1]) == .infinity)
    #expect(product([1, 2, 3, .nan], [1, 1, 1, .nan]) == 6)
  }

  /// Gradients of a layer and of attention, beside those of float32: as far from them as rounding to 8 bits makes them.
  @Test(.enabled(if: Precision.bfloat16.isSupported)) func gradients() throws {
    ThreadPool.shared.configure(threads: 2)
    let shape = AttentionShape(heads: 4, keyValueHeads: 2, headSize: 16, isCausal: true)
    func pass(_ precision: Precision) throws -> [[Float]] {
      let tape = Tape(isTraining: true, precision: precision)
      let x = tape.input(matrix(40, 64, seed: 1))
      let weights = [(64, 64), (32, 64), (32, 64), (100, 64)].enumerated().map { index, size in
        let value = matrix(size.0, size.1, seed: 5 + UInt64(index))
        ElementWise.scale(value, by: 0.125)
        return Parameter(name: "w\(index)", role: .matrix, value: value)
      }
      let parts = weights.prefix(3).map { tape.linear(x, weight: $0) }
      let context = tape.attention(
        query: parts[0], key: parts[1], value: parts[2], offsets: [0, 7, 40], shape: shape)
      let output = tape.linear(context, weight: weights[3], activation: .gelu)
      tape.backward(from: output, gradient: matrix(40, 100, seed: 9))
      return [output.value.values, try #require(tape.gradient(of: x)).values]
        + (try weights.map { try #require($0.gradient).values })
    }
    for (index, (single, half)) in try zip(pass(.float32), pass(.bfloat16)).enumerated() {
      let (difference, norm) = distance(half, single)
      #expect(difference < 0.01 * norm && difference > 1e-4 * norm, "array \(index): \(difference) of \(norm)")
    }
    #expect(try pass(.bfloat16) == pass(.bfloat16))
  }
}
