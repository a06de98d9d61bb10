import CKernels
import Support

extension Tape {
  /// The sum of rows looked up in one or more tables: word, type and position embeddings in one pass.
  ///
  /// - Parameters:
  ///   - tables: `[vocabulary, width]` each, with one row number for every token. The row -1 of the first is all zeros.
  ///   - padding: for each table, a row that is never trained (torch's `padding_idx`); `nil` or absent: none.
  /// - Returns: `[tokens, width]`. The gradient of a table that is not tied is row-sparse; see
  ///   ``Parameter/touchedRows``.
  package func embedding(_ tables: [(table: Parameter, rows: [Int32])], padding: [Int32?] = []) -> Variable {
    let (tokens, width) = (tables[0].rows.count, tables[0].table.columns)
    let output = Tensor(uninitialized: [tokens, width])
    let kernels = ElementWise.kernels
    for (index, (table, rows)) in tables.enumerated() {
      let (lowest, height) = (Int32(index == 0 ? -1 : 0), Int32(clamping: table.rows))
      precondition(
        rows.count == tokens && rows.allSatisfy { $0 >= lowest && $0 < height }, "\(table.name): a row outside")
    }
    ThreadPool.shared.parallel(count: tokens, grain: Grain.rows(width: width)) { range in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { term in
        guard let row = term.baseAddress else { return }
        for token in range {
          let out = output.pointer + token * width
          for (position, lookup) in tables.enumerated() {
            guard lookup.rows[token] >= 0 else {
              out.update(repeating: 0, count: width)
              continue
            }
            lookup.table.readRow(Int(lookup.rows[token]), into: position == 0 ? out : row)
            if position > 0 { kernels.add(row, out, width) }
          }
        }
      }
    }
    return record(output, inputs: [], parameters: tables.map(\.table)) { gradient in
      for (index, (table, rows)) in tables.enumerated() where table.isTrainable {
        let fixed = index < padding.count ? padding[index] ?? -1 : -1
        let sink = table.rowGradient(adding: rows.filter { $0 >= 0 && $0 != fixed })
        // The scatter-add is split by columns, because two tokens may share a row.
        ThreadPool.shared.parallel(count: (width + 15) / 16, grain: Grain.rows(width: 16 * tokens)) { range in
          let start = range.lowerBound * 16
          let count = min(width, range.upperBound * 16) - start
          for token in 0..<tokens where rows[token] >= 0 && rows[token] != fixed {
            kernels.add(
              gradient.pointer + token * width + start, sink.pointer + Int(rows[token]) * width + start, count)
          }
        }
      }
    }
  }

  /// Rows of `x`, in the order of `rows`; a row may be taken more than once.
  package func gatherRows(_ x: Variable, rows: [Int]) -> Variable {
    let width = x.value.columns
    let output = Tensor(uninitialized: [rows.count, width])
    if !DryRun.isOn {
      for (position, row) in rows.enumerated() {
        (output.pointer + position * width).update(from: x.value.pointer + row * width, count: width)
      }
    }
    let (shape, dX) = (x.value.shape, x.slot)
    return record(output, inputs: [x]) { gradient in
      dX?.accumulate(shape) { sum, beta in
        if beta == 0 { sum.fill(0) }
        for (position, row) in rows.enumerated() where !DryRun.isOn {
          ElementWise.kernels.add(gradient.pointer + position * width, sum.pointer + row * width, width)
        }
      }
    }
  }
}
