import CKernels
import Support
import Tensors

/// Adapprox's second moment `V = β2 [QUᵀ]₊ + (1 − β2) G²`, formed in blocks of rows whenever it is read: never in memory as
/// a whole.
final class SecondMoment: MatrixOperator {
  /// Gets a block of V: its first row, its number of rows, its elements.
  typealias Visitor = (_ row: Int, _ rows: Int, _ block: UnsafePointer<Float>) -> Void

  let rows: Int
  let columns: Int
  private let gradient: Tensor
  /// `nil`: zero.
  private let factors: LowRankFactors?
  private var coefficients: ft_adapprox
  private let blockRows: Int
  private var blocks: Int { (rows + blockRows - 1) / blockRows }

  /// ‖V‖² and Σ N², N = G / (√V + ε): known once V has been read through ``times(_:)``.
  private(set) var squaredNorm = 0.0
  private(set) var directionSquares = 0.0
  private var isSummed = false
  /// Asked for a visitor at the first ``transposedTimes(_:)``, which needs V whole and in order too.
  var onSecondReading: (() -> Visitor)?

  init(gradient: Tensor, factors: LowRankFactors?, coefficients: ft_adapprox) {
    (rows, columns) = (gradient.rows, gradient.columns)
    (self.gradient, self.factors, self.coefficients) = (gradient, factors, coefficients)
    // At most 384 KiB a block.
    blockRows = max(8, min(64, 98_304 / max(1, gradient.columns)))
  }

  /// Runs `body(thread part, block range)`; each part owns consecutive blocks.
  private func forEachPart(_ body: (Int, Range<Int>) -> Void) {
    let parts = parts
    ThreadPool.shared.parallel(parts) { part in body(part, blocks * part / parts..<blocks * (part + 1) / parts) }
  }

  private var parts: Int { min(ThreadPool.shared.threads, blocks) }

  private func range(_ block: Int) -> Range<Int> { block * blockRows..<min(rows, (block + 1) * blockRows) }

  /// Forms the rows `range` of V in `target`, adding to the two sums.
  private func form(_ range: Range<Int>, _ target: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Double>?) {
    var product = ft_low_rank()
    if let factors {
      product = ft_low_rank(
        rank: factors.q.rows, a: UnsafePointer(factors.q.pointer), a_row: 1, a_column: rows,
        b: UnsafePointer(factors.u.pointer), b_row: columns)
    }
    var coefficients = coefficients
    ft_optimizer_kernels_best().pointee.second_moment_tile(
      &coefficients, &product, gradient.pointer + range.lowerBound * columns, target, sums, range.lowerBound,
      range.count, columns)
  }

  func times(_ vectors: Tensor) -> Tensor {
    let result = Tensor(uninitialized: [vectors.rows, rows])
    var sums = [Double](repeating: 0, count: 2 * blocks)
    sums.withUnsafeMutableBufferPointer { sums in
      forEachPart { _, own in
        let block = Tensor(uninitialized: [blockRows, columns])
        for index in own {
          let range = range(index)
          form(range, block.pointer, isSummed ? nil : sums.baseAddress.map { $0 + 2 * index })
          MatrixProduct.serial(
            vectors.rows, range.count, columns, 1, vectors.pointer, columns, false, block.pointer, columns, true, 0,
            result.pointer + range.lowerBound, rows)
        }
      }
    }
    if !isSummed {
      for block in 0..<blocks {
        squaredNorm += sums[2 * block]
        directionSquares += sums[2 * block + 1]
      }
      isSummed = true
    }
    return result
  }

  func transposedTimes(_ vectors: Tensor) -> Tensor {
    let visitor = onSecondReading?()
    onSecondReading = nil
    let partial = (0..<parts).map { _ in Tensor(uninitialized: [vectors.rows, columns]) }
    forEachPart { part, own in
      let block = Tensor(uninitialized: [blockRows, columns])
      for index in own {
        let range = range(index)
        form(range, block.pointer, nil)
        MatrixProduct.serial(
          vectors.rows, columns, range.count, 1, vectors.pointer + range.lowerBound, rows, false, block.pointer,
          columns, false, index == own.lowerBound ? 0 : 1, partial[part].pointer, columns)
        visitor?(range.lowerBound, range.count, block.pointer)
      }
    }
    for other in partial.dropFirst() { ElementWise.add(other, into: partial[0]) }
    return partial[0]
  }

  /// Reads V once, for its blocks alone.
  func read(_ visitor: Visitor) {
    forEachPart { _, own in
      let block = Tensor(uninitialized: [blockRows, columns])
      for index in own {
        let range = range(index)
        form(range, block.pointer, nil)
        visitor(range.lowerBound, range.count, block.pointer)
      }
    }
  }

  func squaredError(of approximation: LowRankFactors) -> Double {
    var sums = [Double](repeating: 0, count: blocks)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      forEachPart { _, own in
        let block = Tensor(uninitialized: [blockRows, columns])
        for index in own {
          let range = range(index)
          form(range, block.pointer, nil)
          MatrixProduct.serial(
            range.count, columns, approximation.q.rows, -1, approximation.q.pointer + range.lowerBound, rows, true,
            approximation.u.pointer, columns, false, 1, block.pointer, columns)
          sums[index] = ElementWise.kernels.sum_of_squares(block.pointer, range.count * columns)
        }
      }
    }
    return sums.reduce(0, +)
  }
}
