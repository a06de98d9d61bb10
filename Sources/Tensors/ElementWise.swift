import CKernels
import Support

/// Element-wise C kernels, run on the threads of the pool.
package enum ElementWise {
  /// The kernels for the best instruction set that this CPU has.
  package static var kernels: ft_kernels { ft_kernels_best().pointee }
  /// Runs `body(start, count)` concurrently over slices of `0..<count`. Each slice starts at a multiple of 64.
  package static func forEachSlice(
    _ count: Int, grain: Int = Grain.elements, _ body: (_ start: Int, _ count: Int) -> Void
  ) {
    ThreadPool.shared.parallel(count: (count + 63) / 64, grain: max(1, grain / 64)) { range in
      let start = range.lowerBound * 64
      body(start, min(count, range.upperBound * 64) - start)
    }
  }

  /// `y += x`.
  package static func add(_ x: Tensor, into y: Tensor) {
    precondition(x.count == y.count)
    let kernels = kernels
    forEachSlice(x.count) { start, count in kernels.add(x.pointer + start, y.pointer + start, count) }
  }

  /// `x *= factor`.
  package static func scale(_ x: Tensor, by factor: Float) {
    let kernels = kernels
    forEachSlice(x.count) { start, count in kernels.scale(factor, x.pointer + start, count) }
  }

  /// Σ x², in Double. The blocks that are summed first do not depend on the thread count, so the result does not
  /// either.
  package static func sumOfSquares(_ x: Tensor) -> Double {
    let kernels = kernels
    let blockLength = 1 << 16
    let blocks = (x.count + blockLength - 1) / blockLength
    guard blocks > 1 else { return kernels.sum_of_squares(x.pointer, x.count) }
    let partial = UnsafeMutablePointer<Double>.allocate(capacity: blocks)
    defer { partial.deallocate() }
    ThreadPool.shared.parallel(blocks) { block in
      let start = block * blockLength
      partial[block] = kernels.sum_of_squares(x.pointer + start, min(blockLength, x.count - start))
    }
    return (0..<blocks).reduce(0) { $0 + partial[$1] }
  }

  /// `sums[first + c] += Σ_r x[r, c]`.
  package static func addColumnSums(of x: Tensor, into sums: Tensor, from first: Int = 0) {
    let (kernels, rows, columns) = (kernels, x.rows, x.columns)
    ThreadPool.shared.parallel(count: (columns + 15) / 16, grain: Grain.rows(width: 16 * rows)) { range in
      let start = range.lowerBound * 16
      let count = min(columns, range.upperBound * 16) - start
      kernels.column_sums(x.pointer + start, columns, rows, count, sums.pointer + first + start)
    }
  }
}

extension Parameter {
  /// Adds to the gradient of a dense parameter. `body` is given the gradient, which holds zeros or earlier
  /// contributions, and must add to it.
  package func accumulate(_ body: (Tensor) -> Void) {
    let (gradient, isFresh) = denseGradient()
    if isFresh { gradient.fill(0) }
    body(gradient)
  }
}

extension Parameter {
  /// Σ g² of the current gradient, or 0 when there is none. Only the non-zero rows of a row-sparse gradient are read.
  package var gradientSumOfSquares: Double {
    guard let gradient else { return 0 }
    guard let rows = touchedRows else { return ElementWise.sumOfSquares(gradient) }
    let (kernels, width) = (ElementWise.kernels, gradient.columns)
    return rows.indices.reduce(0.0) { $0 + kernels.sum_of_squares(gradient.pointer + $1 * width, width) }
  }
}
