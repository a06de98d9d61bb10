import Support

/// Where the rows of virtual tokens stand in a packed batch.
///
/// For example, two virtual tokens before sequences of three and one tokens make the offsets `[0, 5, 8]`.
package struct VirtualRows: Sendable {
  /// The number of virtual tokens before each of ``sequences``.
  package let count: Int
  /// The sequences that begin with virtual tokens, in ascending order.
  let sequences: [Int]
  /// The first row of each sequence, and the number of rows at the end, virtual tokens included.
  package let offsets: [Int]
  /// The rows of the tokens that are not virtual, in the order of the batch without virtual tokens.
  package let own: [Int]
  /// The rows of a batch without virtual tokens at which sequences begin, and its number of rows at the end.
  private let before: [Int]

  /// - Parameters:
  ///   - offsets: the first token of each sequence, and the token count at the end.
  ///   - isAdded: whether virtual tokens come before a sequence; by default before each.
  package init(_ count: Int, offsets before: [Int], isAdded: (Int) -> Bool = { _ in true }) {
    self.count = count
    self.before = before
    sequences = (0..<before.count - 1).filter(isAdded)
    let added = Set(sequences)
    var (offsets, own) = ([0], [Int]())
    for sequence in 0..<before.count - 1 {
      let (length, first) = (before[sequence + 1] - before[sequence], offsets[sequence])
      let virtual = added.contains(sequence) ? count : 0
      own += first + virtual..<first + virtual + length
      offsets.append(first + virtual + length)
    }
    (self.offsets, self.own) = (offsets, own)
  }

  /// Calls `body` with each run of rows that are not virtual: the first, before and after, and their number.
  fileprivate func forEachRun(_ body: (_ from: Int, _ to: Int, _ count: Int) -> Void) {
    for sequence in 0..<before.count - 1 where before[sequence + 1] > before[sequence] {
      body(before[sequence], own[before[sequence]], before[sequence + 1] - before[sequence])
    }
  }
}

extension Tape {
  /// Puts rows of a parameter before sequences of `x`.
  ///
  /// - Parameters:
  ///   - table: a row for each virtual token.
  ///   - columns: the columns of `table` that the rows are in, as many as `x` has.
  ///   - x: `[tokens, width]`.
  /// - Returns: `[rows of all, width]`.
  package func prepend(_ table: Parameter, columns: Range<Int>, to x: Variable, at rows: VirtualRows) -> Variable {
    let (input, width) = (x.value, x.value.columns)
    precondition(columns.count == width && columns.upperBound <= table.columns && table.rows == rows.count)
    let output = Tensor(uninitialized: [rows.offsets.last ?? 0, width])
    let values = table.value
    if !DryRun.isOn {
      rows.forEachRun { from, to, count in
        (output.pointer + to * width).update(from: input.pointer + from * width, count: count * width)
      }
      for sequence in rows.sequences {
        for row in 0..<rows.count {
          (output.pointer + (rows.offsets[sequence] + row) * width).update(
            from: values.pointer + row * table.columns + columns.lowerBound, count: width)
        }
      }
    }
    let (dX, shape) = (x.slot, input.shape)
    return record(output, inputs: [x], parameters: [table]) { gradient in
      Tape.addRows(of: gradient, at: rows, to: table, columns)
      dX?.accumulate(shape) { sum, beta in
        guard !DryRun.isOn else { return }
        rows.forEachRun { from, to, count in
          let (source, target) = (gradient.pointer + to * width, sum.pointer + from * width)
          beta == 0
            ? target.update(from: source, count: count * width) : ElementWise.kernels.add(source, target, count * width)
        }
      }
    }
  }

  /// Adds rows of a parameter to those of the virtual tokens in `x`, which is overwritten.
  ///
  /// - Parameters:
  ///   - table: `[virtual tokens, width]`.
  ///   - x: `[rows of all, width]`; nothing else may read it.
  package func addVirtual(_ table: Parameter, to x: Variable, at rows: VirtualRows) -> Variable {
    let (sum, width, values) = (x.value, x.value.columns, table.value)
    precondition(table.columns == width && table.rows == rows.count && sum.rows == rows.offsets.last)
    if !DryRun.isOn {
      for sequence in rows.sequences {
        ElementWise.kernels.add(
          values.pointer, sum.pointer + rows.offsets[sequence] * width, rows.count * width)
      }
    }
    let dX = x.slot
    return record(sum, inputs: [x], parameters: [table]) { gradient in
      Tape.addRows(of: gradient, at: rows, to: table, 0..<width)
      dX?.add(gradient)
    }
  }

  /// Adds the gradients of virtual tokens to some columns of their table's gradient.
  private static func addRows(
    of gradient: Tensor, at rows: VirtualRows, to table: Parameter, _ columns: Range<Int>
  ) {
    guard table.isTrainable else { return }
    let (sink, isFresh) = table.denseGradient()
    if isFresh { sink.fill(0) }
    guard !DryRun.isOn else { return }
    for sequence in rows.sequences {
      for row in 0..<rows.count {
        ElementWise.kernels.add(
          gradient.pointer + (rows.offsets[sequence] + row) * columns.count,
          sink.pointer + row * table.columns + columns.lowerBound, columns.count)
      }
    }
  }
}
