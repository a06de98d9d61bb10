import Support
import Tensors

/// Some or all rows of a matrix, cut into a few parts that are processed concurrently. Each part may keep column sums.
///
/// The cut depends only on the number of rows and columns and on the thread count, so the sums are the same in every
/// run.
struct RowRegions {
  /// The row numbers; `nil` for all of `0..<count`.
  let rows: [Int]?
  /// The number of rows.
  let count: Int
  let parts: Int

  init(_ matrix: Tensor, rows: [Int]?) {
    self.rows = rows
    count = rows?.count ?? matrix.rows
    // Parts are added up one by one, so there are few: as many as threads, or 8 where there are fewer threads.
    let most = max(8, ThreadPool.shared.threads)
    parts = max(1, min(most, min(count, count * matrix.columns / Grain.elements)))
  }

  /// Runs `body(part, row)` for each row. One thread runs all rows of a part, in their order.
  func forEach(_ body: (_ part: Int, _ row: Int) -> Void) {
    ThreadPool.shared.parallel(parts) { part in
      for position in count * part / parts..<count * (part + 1) / parts { body(part, rows?[position] ?? position) }
    }
  }

  /// Runs `body(row, sums)` for each row. The body adds one float per column to `sums`.
  ///
  /// - Returns: the column sums over all rows, in Double.
  func columnSums(_ columns: Int, _ body: (_ row: Int, _ sums: UnsafeMutablePointer<Float>) -> Void) -> [Double] {
    // Float is accurate enough for a sum over 64 rows. After these, the sums are moved into doubles.
    let rowsToDrain = 64
    let kernels = OptimizerKernels.best
    let sums = Tensor(zeros: [parts, columns])
    let totals = UnsafeMutablePointer<Double>.allocate(capacity: parts * columns)
    defer { totals.deallocate() }
    totals.initialize(repeating: 0, count: parts * columns)
    ThreadPool.shared.parallel(parts) { part in
      let (partial, total) = (sums.pointer + part * columns, totals + part * columns)
      var undrained = 0
      for position in count * part / parts..<count * (part + 1) / parts {
        body(rows?[position] ?? position, partial)
        undrained += 1
        guard undrained == rowsToDrain else { continue }
        kernels.drain(partial, total, columns)
        undrained = 0
      }
      kernels.drain(partial, total, columns)
    }
    return [Double](unsafeUninitializedCapacity: columns) { result, initialized in
      for column in 0..<columns {
        var sum = 0.0
        for part in 0..<parts { sum += totals[part * columns + column] }
        result.initializeElement(at: column, to: sum)
      }
      initialized = columns
    }
  }

  /// The sum of `body(row)` over all rows, in Double.
  func sum(_ body: (_ row: Int) -> Double) -> Double {
    let sums = UnsafeMutablePointer<Double>.allocate(capacity: parts)
    defer { sums.deallocate() }
    sums.initialize(repeating: 0, count: parts)
    forEach { part, row in sums[part] += body(row) }
    return (0..<parts).reduce(0) { $0 + sums[$1] }
  }

  /// Runs `body(row)` for each row. The body returns nonzero when a value is not finite.
  ///
  /// - Returns: whether all values were finite.
  func allFinite(_ body: (_ row: Int) -> Int32) -> Bool {
    let failed = Flag()
    forEach { _, row in if body(row) != 0 { failed.raise() } }
    return !failed.isRaised
  }
}
