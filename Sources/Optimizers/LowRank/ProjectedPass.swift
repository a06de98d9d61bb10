import CKernels
import Support
import Tensors

/// The matrix products of one projected update. Each reads the weight-sized matrices once, mostly in blocks of rows
/// that fit the cache. The weight is the only matrix of its size that is written.
package struct ProjectedPass {
  /// `[rank, n]` on the right, `[rank, m]` on the left.
  let basis: Tensor
  let side: ProjectionSide
  let rows: Int
  let columns: Int

  /// The largest rank at which a projection works in blocks. OpenBLAS repacks the basis for every block, which costs
  /// too much at higher ranks; ranks 8 and 128 were measured.
  private static let largestInBlocks = 32
  /// Rows of a block: up to 384 KiB, but at least 8 rows.
  private let blockRows: Int
  private var blocks: Int { (rows + blockRows - 1) / blockRows }
  private var rank: Int { basis.rows }

  package init(basis: Tensor, side: ProjectionSide, shape: [Int]) {
    (self.basis, self.side, rows, columns) = (basis, side, shape[0], shape[1])
    blockRows = max(8, min(64, 98_304 / max(1, columns)))
  }

  /// The number of vectors that have one factor each: the rows on the right, the columns on the left.
  var vectors: Int { side == .right ? rows : columns }

  private func range(_ block: Int) -> Range<Int> {
    block * blockRows..<min(rows, (block + 1) * blockRows)
  }

  /// Computes `R = project(scale · G)`, which is `[m, rank]` on the right and `[rank, n]` on the left.
  ///
  /// - Parameters:
  ///   - target: receives R.
  ///   - squares: receives Σ (scale · g)² of each row (right) or column (left); `nil` where the sums are not needed.
  package func project(_ gradient: Tensor, scale: Float, into target: Tensor, squares: Tensor?) {
    guard squares != nil || rank <= Self.largestInBlocks else { return projectWhole(gradient, scale, target) }
    if side == .right {
      let kernels = ElementWise.kernels
      ThreadPool.shared.parallel(blocks) { block in
        let range = range(block)
        MatrixProduct.serial(
          range.count, rank, columns, scale, gradient.pointer + range.lowerBound * columns, columns, false,
          basis.pointer, columns, true, 0, target.pointer + range.lowerBound * rank, rank)
        guard let squares else { return }
        for row in range {
          squares.pointer[row] = Float(
            Double(scale) * Double(scale) * kernels.sum_of_squares(gradient.pointer + row * columns, columns))
        }
      }
    } else {
      projectColumns(gradient, scale, target, squares)
    }
  }

  private func projectWhole(_ gradient: Tensor, _ scale: Float, _ target: Tensor) {
    if side == .right {
      MatrixProduct.product(
        m: rows, n: rank, k: columns, alpha: scale, gradient.pointer, lda: columns, basis.pointer, ldb: columns,
        transposeB: true, target.pointer, ldc: rank)
    } else {
      MatrixProduct.product(
        m: rank, n: columns, k: rows, alpha: scale, basis.pointer, lda: rows, gradient.pointer, ldb: columns,
        target.pointer, ldc: columns)
    }
  }

  /// Projects on the left. The gradient is read in blocks of rows, in the order of memory, and each part adds up an R
  /// of its own.
  private func projectColumns(_ gradient: Tensor, _ scale: Float, _ target: Tensor, _ squares: Tensor?) {
    let kernels = OptimizerKernels.best
    let parts = min(ThreadPool.shared.threads, blocks)
    let sums = (1..<max(2, parts)).map { _ in Tensor(uninitialized: [rank + 1, columns]) }
    let norms = squares ?? Tensor(uninitialized: [columns])
    ThreadPool.shared.parallel(parts) { part in
      let sum = part == 0 ? target.pointer : sums[part - 1].pointer
      let square = part == 0 ? norms.pointer : sums[part - 1].pointer + rank * columns
      square.update(repeating: 0, count: columns)
      let own = blocks * part / parts..<blocks * (part + 1) / parts
      for block in own {
        let range = range(block)
        let start = gradient.pointer + range.lowerBound * columns
        MatrixProduct.serial(
          rank, columns, range.count, scale, basis.pointer + range.lowerBound, rows, false, start, columns, false,
          block == own.lowerBound ? 0 : 1, sum, columns)
        if squares != nil { kernels.add_squares(start, square, range.count, columns) }
      }
    }
    for part in 1..<max(1, parts) {
      ElementWise.kernels.add(sums[part - 1].pointer, target.pointer, rank * columns)
      ElementWise.kernels.add(sums[part - 1].pointer + rank * columns, norms.pointer, columns)
    }
    if squares != nil { ElementWise.kernels.scale(scale * scale, norms.pointer, columns) }
  }

  /// A gradient with factors. `along` has one factor for each vector (row on the right, column on the left); `across`
  /// has one for each element of a vector.
  typealias ScaledGradient = (gradient: Tensor, along: Tensor, across: Tensor?)

  /// `W ← (W · decay_before − step_size · (back(X) + along ⊙ across ⊙ G)) · decay_after`.
  ///
  /// - Parameter direction: X, of R's shape; `nil` leaves its term out.
  /// - Returns: whether all new weights are finite. Weights that are not finite are not written.
  func apply(_ adam: ft_adam, direction: Tensor?, plus scaled: ScaledGradient? = nil, to weight: Tensor) -> Bool {
    let kernels = OptimizerKernels.best
    var (adam, product) = (adam, ft_low_rank())
    let (rowScale, columnScale) = side == .right ? (scaled?.along, scaled?.across) : (scaled?.across, scaled?.along)
    if let direction {
      product =
        side == .right
        ? ft_low_rank(
          rank: rank, a: UnsafePointer(direction.pointer), a_row: rank, a_column: 1, b: UnsafePointer(basis.pointer),
          b_row: columns)
        : ft_low_rank(
          rank: rank, a: UnsafePointer(basis.pointer), a_row: 1, a_column: rows, b: UnsafePointer(direction.pointer),
          b_row: columns)
    }
    let failed = Flag()
    withUnsafePointer(to: &adam) { adam in
      withUnsafePointer(to: &product) { product in
        ThreadPool.shared.parallel(blocks) { block in
          let range = range(block)
          let offset = range.lowerBound * columns
          let status = kernels.low_rank_apply(
            adam, product, scaled.map { UnsafePointer($0.gradient.pointer + offset) },
            rowScale.map { UnsafePointer($0.pointer + range.lowerBound) },
            columnScale.map { UnsafePointer($0.pointer) }, weight.pointer + offset, range.lowerBound, range.count,
            columns)
          if status != 0 { failed.raise() }
        }
      }
    }
    return !failed.isRaised
  }

  /// ‖φ ⊙ (scale · G − alpha · back(R))‖², computed by forming the difference.
  ///
  /// - Parameter factors: φ, one factor for each of ``vectors``.
  func residualSquare(_ gradient: Tensor, scale: Float, projected: Tensor, alpha: Float, factors: Tensor) -> Double {
    let kernels = ElementWise.kernels
    var sums = [Double](repeating: 0, count: blocks)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      ThreadPool.shared.parallel(blocks) { block in
        let range = range(block)
        let rest = gradient.rowSlice(range).copy()
        if side == .right {
          MatrixProduct.serial(
            range.count, columns, rank, -alpha, projected.pointer + range.lowerBound * rank, rank, false,
            basis.pointer, columns, false, scale, rest.pointer, columns)
        } else {
          MatrixProduct.serial(
            range.count, columns, rank, -alpha, basis.pointer + range.lowerBound, rows, true, projected.pointer,
            columns, false, scale, rest.pointer, columns)
        }
        for row in 0..<range.count {
          let values = rest.pointer + row * columns
          if side == .right {
            kernels.scale(factors.pointer[range.lowerBound + row], values, columns)
          } else {
            kernels.multiply(factors.pointer, values, columns)
          }
          sums[block] += kernels.sum_of_squares(values, columns)
        }
      }
    }
    return sums.reduce(0, +)
  }

  /// Σ x² over the rank for each row (right) or column (left) of a matrix of R's shape.
  func squares(of projected: Tensor) -> Tensor {
    let result = Tensor(zeros: [vectors])
    if side == .right {
      for row in 0..<rows {
        result.pointer[row] = Float(ElementWise.kernels.sum_of_squares(projected.pointer + row * rank, rank))
      }
    } else {
      OptimizerKernels.best.add_squares(projected.pointer, result.pointer, rank, columns)
    }
    return result
  }

  /// `x ← alpha · (x − s ⊙ y)` for matrices of R's shape. On the left y is overwritten.
  ///
  /// - Parameter factors: s, one factor for each row (right) or column (left).
  func subtract(_ y: Tensor, factors: Tensor, from x: Tensor, alpha: Float) {
    let kernels = ElementWise.kernels
    if side == .right {
      for row in 0..<rows {
        kernels.axpy(-factors.pointer[row], y.pointer + row * rank, x.pointer + row * rank, rank)
      }
    } else {
      for row in 0..<rank {
        kernels.multiply(factors.pointer, y.pointer + row * columns, columns)
        kernels.axpy(-1, y.pointer + row * columns, x.pointer + row * columns, columns)
      }
    }
    if alpha != 1 { ElementWise.scale(x, by: alpha) }
  }
}
