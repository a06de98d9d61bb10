import CKernels
import Support
import Tensors

/// Adapprox's second moment `V = β2 [QUᵀ]₊ + (1 − β2) G²`. It is formed in blocks of rows whenever it is read, so it is
/// never in memory as a whole.
package final class SecondMoment: MatrixOperator {
  /// Receives a block of V: the block's first row, its number of rows and its elements.
  package typealias Visitor = (_ row: Int, _ rows: Int, _ block: UnsafePointer<Float>) -> Void

  package let rows: Int
  package let columns: Int
  private let gradient: Tensor
  /// Q and U of the last step; `nil` in the first step, where QUᵀ counts as 0.
  private let factors: LowRankFactors?
  private var coefficients: ft_adapprox
  private let blockRows: Int
  private var blocks: Int { (rows + blockRows - 1) / blockRows }

  /// ‖V‖². It is known once V has been read by ``times(_:)`` or ``squaredError(of:)``.
  package private(set) var squaredNorm = 0.0
  /// Σ N² for N = G / (√V + ε). It is known when ``squaredNorm`` is, and after ``iterateOnce(_:)``.
  package private(set) var directionSquares = 0.0
  private var isSummed = false
  /// Makes a visitor at the first call of ``transposedTimes(_:)``. That call forms every block of V anyway, so the
  /// visitor costs no further reading.
  var onSecondReading: (() -> Visitor)?

  package init(gradient: Tensor, factors: LowRankFactors?, coefficients: ft_adapprox) {
    (rows, columns) = (gradient.rows, gradient.columns)
    (self.gradient, self.factors, self.coefficients) = (gradient, factors, coefficients)
    // Up to 384 KiB a block, but at least 8 rows.
    blockRows = max(8, min(64, 98_304 / max(1, gradient.columns)))
  }

  /// Runs `body(part, blocks)` concurrently for all parts. Each part owns consecutive blocks.
  private func forEachPart(_ body: (Int, Range<Int>) -> Void) {
    let parts = parts
    ThreadPool.shared.parallel(parts) { part in body(part, blocks * part / parts..<blocks * (part + 1) / parts) }
  }

  /// The number of parts. A tall matrix has several for each thread, so that no thread waits long for another. The
  /// number is limited because each part has sums of its own.
  private var parts: Int {
    let threads = ThreadPool.shared.threads
    return min(blocks, max(threads, min(4 * threads, blocks / 32)))
  }

  private func range(_ block: Int) -> Range<Int> { block * blockRows..<min(rows, (block + 1) * blockRows) }

  /// The product QUᵀ for the kernels; empty without factors.
  private var product: ft_low_rank {
    guard let factors else { return ft_low_rank() }
    return ft_low_rank(
      rank: factors.q.rows, a: UnsafePointer(factors.q.pointer), a_row: 1, a_column: rows,
      b: UnsafePointer(factors.u.pointer), b_row: columns)
  }

  /// Forms the rows `range` of V in `target`, and adds to `sums` their parts of ‖V‖² and Σ N².
  private func form(_ range: Range<Int>, _ target: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Double>?) {
    var (product, coefficients) = (product, coefficients)
    OptimizerKernels.best.second_moment_tile(
      &coefficients, &product, gradient.pointer + range.lowerBound * columns, target, sums, range.lowerBound,
      range.count, columns)
  }

  package func times(_ vectors: Tensor) -> Tensor {
    let (result, thin) = (Tensor(uninitialized: [vectors.rows, rows]), ThinProduct.Vectors(vectors))
    var sums = [Double](repeating: 0, count: 2 * blocks)
    sums.withUnsafeMutableBufferPointer { sums in
      forEachPart { _, own in
        let block = Tensor(uninitialized: [blockRows, columns])
        for index in own {
          let range = range(index)
          form(range, block.pointer, isSummed ? nil : sums.baseAddress.map { $0 + 2 * index })
          ThinProduct.products(
            block.pointer, rows: range.count, thin, into: result.pointer + range.lowerBound, stride: rows)
        }
      }
    }
    note(sums)
    return result
  }

  /// Stores ‖V‖² and Σ N² from the sums of each block after the first reading; later calls do nothing.
  private func note(_ sums: [Double]) {
    guard !isSummed else { return }
    for block in 0..<blocks {
      squaredNorm += sums[2 * block]
      directionSquares += sums[2 * block + 1]
    }
    isSummed = true
  }

  package func transposedTimes(_ vectors: Tensor) -> Tensor {
    let visitor = onSecondReading?()
    onSecondReading = nil
    let partial = (0..<parts).map { _ in Tensor(zeros: [vectors.rows, columns]) }
    forEachPart { part, own in
      let block = Tensor(uninitialized: [blockRows, columns])
      for index in own {
        let range = range(index)
        form(range, block.pointer, nil)
        ThinProduct.addCombinations(
          block.pointer, rows: range.count, vectors.pointer + range.lowerBound, stride: rows, to: partial[part])
        visitor?(range.lowerBound, range.count, block.pointer)
      }
    }
    for other in partial.dropFirst() { ElementWise.add(other, into: partial[0]) }
    return partial[0]
  }

  /// Computes `Y = V S` and `Z = VᵀY` from one reading of V, and ``directionSquares``. The rows of the results are the
  /// columns of Y and Z.
  ///
  /// The gradient is overwritten by N, so V cannot be read again.
  package func iterateOnce(_ sketch: Tensor) -> (y: Tensor, z: Tensor) {
    let (y, thin) = (Tensor(uninitialized: [sketch.rows, rows]), ThinProduct.Vectors(sketch))
    let partial = (0..<parts).map { _ in Tensor(zeros: [sketch.rows, columns]) }
    var sums = [Double](repeating: 0, count: blocks)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      forEachPart { part, own in
        let block = Tensor(uninitialized: [blockRows, columns])
        var (product, coefficients) = (product, coefficients)
        for index in own {
          let range = range(index)
          sums[index] = OptimizerKernels.best.adapprox_block(
            &coefficients, &product, gradient.pointer + range.lowerBound * columns, block.pointer, range.lowerBound,
            range.count, columns)
          let target = y.pointer + range.lowerBound
          ThinProduct.products(block.pointer, rows: range.count, thin, into: target, stride: rows)
          ThinProduct.addCombinations(block.pointer, rows: range.count, target, stride: rows, to: partial[part])
        }
      }
    }
    directionSquares = sums.reduce(0, +)
    for other in partial.dropFirst() { ElementWise.add(other, into: partial[0]) }
    return (y, partial[0])
  }

  /// Reads V once and passes each block to the visitor.
  package func read(_ visitor: Visitor) {
    forEachPart { _, own in
      let block = Tensor(uninitialized: [blockRows, columns])
      for index in own {
        let range = range(index)
        form(range, block.pointer, nil)
        visitor(range.lowerBound, range.count, block.pointer)
      }
    }
  }

  package func squaredError(of approximation: LowRankFactors) -> Double {
    var (sums, errors) = ([Double](repeating: 0, count: 2 * blocks), [Double](repeating: 0, count: blocks))
    sums.withUnsafeMutableBufferPointer { sums in
      errors.withUnsafeMutableBufferPointer { errors in
        guard let sums = sums.baseAddress, let errors = errors.baseAddress else { return }
        forEachPart { _, own in
          let block = Tensor(uninitialized: [blockRows, columns])
          for index in own {
            let range = range(index)
            form(range, block.pointer, isSummed ? nil : sums + 2 * index)
            MatrixProduct.serial(
              range.count, columns, approximation.q.rows, -1, approximation.q.pointer + range.lowerBound, rows, true,
              approximation.u.pointer, columns, false, 1, block.pointer, columns)
            errors[index] = ElementWise.kernels.sum_of_squares(block.pointer, range.count * columns)
          }
        }
      }
    }
    note(sums)
    return errors.reduce(0, +)
  }
}
