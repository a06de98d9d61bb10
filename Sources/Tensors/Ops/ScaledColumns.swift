import Support

extension Tape {
  /// `x ⊙ (factor / divisor) + bias`, each column by its own number.
  ///
  /// - Parameters:
  ///   - x: `[rows, columns]`.
  ///   - factor: one number for each column of the whole matrix, of which `x` holds `outputs`; any shape.
  ///   - divisor: constants, as many as `factor` has; `nil` for ones.
  ///   - bias: as many as `factor` has; `nil` for none.
  ///   - outputs: which columns `x` holds; `nil` for all.
  /// - Returns: `[rows, columns]`. Saves x where the factor is trainable.
  package func scaleColumns(
    _ x: Variable, by factor: Parameter, over divisor: Tensor? = nil, plus bias: Parameter? = nil,
    outputs: Range<Int>? = nil
  ) -> Variable {
    let (input, outputs) = (x.value, outputs ?? 0..<factor.count)
    let (rows, width, first) = (input.rows, input.columns, outputs.lowerBound)
    precondition(outputs.count == width && outputs.upperBound <= factor.count)
    precondition(divisor.map { $0.count == factor.count } ?? true && bias.map { $0.count == factor.count } ?? true)
    let scales = Tape.quotient(factor, divisor, outputs)
    let output = Tensor(uninitialized: input.shape)
    let offsets = bias?.value
    Tape.forEachRow(rows, width) { row in
      let (x, y) = (input.pointer + row * width, output.pointer + row * width)
      let scales = scales.pointer
      if let offsets {
        let offsets = offsets.pointer + first
        for column in 0..<width { y[column] = x[column] * scales[column] + offsets[column] }
      } else {
        for column in 0..<width { y[column] = x[column] * scales[column] }
      }
    }
    let (dX, saved) = (x.slot, factor.isTrainable ? input : nil)
    return record(output, inputs: [x], parameters: [factor] + (bias.map { [$0] } ?? [])) { gradient in
      if let bias, bias.isTrainable {
        bias.accumulate { ElementWise.addColumnSums(of: gradient, into: $0, from: first) }
      }
      if let saved {
        let products = Tensor(uninitialized: saved.shape)
        Tape.forEachRow(rows, width) { row in
          let (x, d, p) = (
            saved.pointer + row * width, gradient.pointer + row * width, products.pointer + row * width
          )
          for column in 0..<width { p[column] = x[column] * d[column] }
        }
        let sums = Tensor(zeros: [width])
        ElementWise.addColumnSums(of: products, into: sums)
        let (sink, isFresh) = factor.denseGradient()
        if isFresh { sink.fill(0) }
        if !DryRun.isOn {
          for column in 0..<width {
            sink.pointer[first + column] += sums.pointer[column] / (divisor?.pointer[first + column] ?? 1)
          }
        }
      }
      guard let dX else { return }
      let scales = Tape.quotient(factor, divisor, outputs)
      Tape.forEachRow(rows, width) { row in
        let d = gradient.pointer + row * width
        for column in 0..<width { d[column] *= scales.pointer[column] }
      }
      dX.add(gradient)
    }
  }

  /// `x − y`, same shape.
  package func subtract(_ x: Variable, _ y: Variable) -> Variable {
    precondition(x.value.shape == y.value.shape)
    let (left, right, output) = (x.value, y.value, Tensor(uninitialized: x.value.shape))
    ElementWise.forEachSlice(output.count) { start, count in
      for index in start..<start + count { output.pointer[index] = left.pointer[index] - right.pointer[index] }
    }
    let (dX, dY) = (x.slot, y.slot)
    return record(output, inputs: [x, y]) { gradient in
      dY?.accumulate(gradient.shape) { sum, beta in
        ElementWise.forEachSlice(gradient.count) { start, count in
          for index in start..<start + count {
            sum.pointer[index] = (beta == 0 ? 0 : sum.pointer[index]) - gradient.pointer[index]
          }
        }
      }
      dX?.add(gradient)
    }
  }

  private static func quotient(_ factor: Parameter, _ divisor: Tensor?, _ outputs: Range<Int>) -> Tensor {
    let (result, values) = (Tensor(uninitialized: [outputs.count]), factor.value)
    guard !DryRun.isOn else { return result }
    for (column, output) in outputs.enumerated() {
      result.pointer[column] = values.pointer[output] / (divisor?.pointer[output] ?? 1)
    }
    return result
  }

  private static func forEachRow(_ rows: Int, _ width: Int, _ body: (Int) -> Void) {
    ThreadPool.shared.parallel(count: rows, grain: Grain.rows(width: width)) { range in
      for row in range { body(row) }
    }
  }
}
