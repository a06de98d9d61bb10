import CKernels
import Support

extension Tape {
  /// `(x − mean) / √(variance + eps) · weight + bias` over the last dimension (Ba et al., 2016; biased variance).
  ///
  /// - Parameter x: `[rows, width]`. Saves x and each row's mean and inverse deviation.
  package func layerNorm(_ x: Variable, weight: Parameter, bias: Parameter, eps: Float) -> Variable {
    let (rows, width, kernels, input) = (x.value.rows, x.value.columns, ElementWise.kernels, x.value)
    let output = Tensor(uninitialized: input.shape)
    let (mean, deviation) = (Tensor(uninitialized: [rows]), Tensor(uninitialized: [rows]))
    Tape.forEachRowRange(rows, width) { range in
      let offset = range.lowerBound * width
      kernels.layer_norm(
        input.pointer + offset, weight.value.pointer, bias.value.pointer, eps, output.pointer + offset,
        mean.pointer + range.lowerBound, deviation.pointer + range.lowerBound, range.count, width)
    }
    let dX = x.slot
    return record(output, inputs: [x], parameters: [weight, bias]) { gradient in
      let result = Tensor(uninitialized: input.shape)
      Tape.withPartialSums(rows, width, into: [weight, bias]) { range, sums in
        let offset = range.lowerBound * width
        kernels.layer_norm_backward(
          input.pointer + offset, weight.value.pointer, mean.pointer + range.lowerBound,
          deviation.pointer + range.lowerBound, gradient.pointer + offset, result.pointer + offset,
          sums[0], sums[1], range.count, width)
      }
      dX?.add(result)
    }
  }

  /// `x / √(mean(x²) + eps) · weight` (Zhang and Sennrich, 2019).
  ///
  /// - Parameters:
  ///   - x: `[rows, width]`.
  ///   - weight: as many numbers as x has columns; or a divisor of their number, and each row is normalized in parts of this
  ///     size, as the heads of a query.
  package func rmsNorm(_ x: Variable, weight: Parameter, eps: Float) -> Variable {
    let (width, kernels, input) = (weight.count, ElementWise.kernels, x.value)
    precondition(width > 0 && input.columns % width == 0)
    let rows = input.count / width
    let output = Tensor(uninitialized: input.shape)
    let deviation = Tensor(uninitialized: [rows])
    Tape.forEachRowRange(rows, width) { range in
      let offset = range.lowerBound * width
      kernels.rms_norm(
        input.pointer + offset, weight.value.pointer, eps, output.pointer + offset,
        deviation.pointer + range.lowerBound, range.count, width)
    }
    let dX = x.slot
    return record(output, inputs: [x], parameters: [weight]) { gradient in
      let result = Tensor(uninitialized: input.shape)
      Tape.withPartialSums(rows, width, into: [weight]) { range, sums in
        let offset = range.lowerBound * width
        kernels.rms_norm_backward(
          input.pointer + offset, weight.value.pointer, deviation.pointer + range.lowerBound,
          gradient.pointer + offset, result.pointer + offset, sums[0], range.count, width)
      }
      dX?.add(result)
    }
  }

  fileprivate static func forEachRowRange(_ rows: Int, _ width: Int, _ body: (Range<Int>) -> Void) {
    ThreadPool.shared.parallel(count: rows, grain: Grain.rows(width: width), body)
  }

  /// Sums the gradients of parameters over the rows, in concurrent parts. Each part has its own sums, which are then
  /// added to the gradients of the trainable parameters in the order of the parts. The kernels form all sums while they
  /// pass over the rows for x's gradient, so the sums of a frozen parameter are formed too, and dropped.
  private static func withPartialSums(
    _ rows: Int, _ width: Int, into parameters: [Parameter],
    _ body: (Range<Int>, [UnsafeMutablePointer<Float>]) -> Void
  ) {
    let parts = max(1, min(ThreadPool.shared.threads, rows * width / Grain.elements))
    let sums = Tensor(zeros: [parts * parameters.count, width])
    ThreadPool.shared.parallel(parts) { part in
      let pointers = parameters.indices.map { sums.pointer + (part * parameters.count + $0) * width }
      body(rows * part / parts..<rows * (part + 1) / parts, pointers)
    }
    for (index, parameter) in parameters.enumerated() where parameter.isTrainable {
      parameter.accumulate { gradient in
        for part in 0..<parts {
          ElementWise.kernels.add(sums.pointer + (part * parameters.count + index) * width, gradient.pointer, width)
        }
      }
    }
  }
}
