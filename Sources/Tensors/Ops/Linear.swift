import CKernels
import Support

/// The function that a linear layer applies to its result.
package enum Activation: String, Sendable, CaseIterable {
  case none
  /// `x · Φ(x)` with the error function; `gelu` in configs.
  case gelu
  /// The tanh approximation; `gelu_new` and `gelu_pytorch_tanh` in configs.
  case geluTanh
}

/// How a linear layer's weight is stored.
package enum WeightLayout: Sendable {
  /// `[out, in]`, as in `torch.nn.Linear`.
  case outIn
  /// `[in, out]`, as in GPT-2's `Conv1D`.
  case inOut
}

extension Tape {
  /// `activation(x Wᵀ + b)`.
  ///
  /// - Parameters:
  ///   - x: `[rows, in]`.
  ///   - weight: `[out, in]`, or `[in, out]` with `layout` `.inOut`.
  ///   - bias: `[out]`.
  ///   - outputs: which outputs are computed, e.g. those of the query in a fused projection; `nil` for all.
  /// - Returns: `[rows, out]`. Saves x when the weight is trainable, and the pre-activation when there is an
  ///   activation.
  package func linear(
    _ x: Variable, weight: Parameter, bias: Parameter? = nil, activation: Activation = .none,
    layout: WeightLayout = .outIn, outputs: Range<Int>? = nil
  ) -> Variable {
    let (input, precision, kernels) = (x.value, precision, ElementWise.kernels)
    let matrix = LinearWeight(weight, layout, outputs)
    let (rows, width, inner, start) = (input.rows, matrix.outputs.count, matrix.inputs, matrix.start)
    precondition(input.columns == inner, "inner dimensions differ: \(input.columns) and \(inner)")
    let isOutIn = layout == .outIn
    let sum = Tensor(uninitialized: [rows, width])
    matrix.withValues { values in
      MatrixProduct.product(
        m: rows, n: width, k: inner, input.pointer, lda: inner, values, ldb: matrix.stride, transposeB: isOutIn,
        sum.pointer, ldc: width, precision: precision)
    }
    let output = activation == .none ? sum : Tensor(uninitialized: sum.shape)
    if bias != nil || activation != .none {
      ThreadPool.shared.parallel(count: rows, grain: Grain.rows(width: width)) { range in
        let (offset, count) = (range.lowerBound * width, range.count * width)
        if let bias {
          kernels.add_bias(bias.value.pointer + matrix.outputs.lowerBound, sum.pointer + offset, range.count, width)
        }
        switch activation {
        case .none: break
        case .gelu: kernels.gelu(sum.pointer + offset, output.pointer + offset, count)
        case .geluTanh: kernels.gelu_tanh(sum.pointer + offset, output.pointer + offset, count)
        }
      }
    }
    let saved = (input: weight.isTrainable ? input : nil, preActivation: activation == .none ? nil : sum)
    let (dX, shape) = (x.slot, input.shape)
    return record(output, inputs: [x], parameters: [weight] + (bias.map { [$0] } ?? [])) { gradient in
      if let z = saved.preActivation {
        ElementWise.forEachSlice(gradient.count) { start, count in
          let (z, d) = (z.pointer + start, gradient.pointer + start)
          activation == .gelu ? kernels.gelu_backward(z, d, d, count) : kernels.gelu_tanh_backward(z, d, d, count)
        }
      }
      if let input = saved.input {
        let (sink, beta) = matrix.gradient()
        let (left, right) = isOutIn ? (gradient, input) : (input, gradient)
        MatrixProduct.product(
          m: left.columns, n: right.columns, k: rows, left.pointer, lda: left.columns, transposeA: true, right.pointer,
          ldb: right.columns, beta: beta, sink.pointer + start, ldc: matrix.stride, precision: precision)
      }
      if let bias, bias.isTrainable {
        bias.accumulate { ElementWise.addColumnSums(of: gradient, into: $0, from: matrix.outputs.lowerBound) }
      }
      dX?.accumulate(shape) { sum, beta in
        matrix.withValues { values in
          MatrixProduct.product(
            m: rows, n: inner, k: width, gradient.pointer, lda: width, values, ldb: matrix.stride,
            transposeB: !isOutIn, beta: beta, sum.pointer, ldc: inner, precision: precision)
        }
      }
    }
  }
}

/// Some outputs of a linear layer's weight, as a part of the matrix that is stored.
private struct LinearWeight {
  let parameter: Parameter
  let outputs: Range<Int>
  let inputs: Int
  /// The first element of the part.
  let start: Int
  /// The elements from one row of the stored matrix to the next.
  let stride: Int
  private let isPart: Bool

  init(_ parameter: Parameter, _ layout: WeightLayout, _ outputs: Range<Int>?) {
    let isOutIn = layout == .outIn
    let count = isOutIn ? parameter.rows : parameter.columns
    self.parameter = parameter
    self.outputs = outputs ?? 0..<count
    precondition(self.outputs.upperBound <= count)
    inputs = isOutIn ? parameter.columns : parameter.rows
    stride = parameter.columns
    start = self.outputs.lowerBound * (isOutIn ? stride : 1)
    isPart = self.outputs.count < count
  }

  /// Gives `body` the first element of the part.
  func withValues(_ body: (UnsafePointer<Float>) -> Void) {
    let values = parameter.value
    withExtendedLifetime(values) { body(values.pointer + start) }
  }

  /// The gradient to add a product to, and the factor of what it holds: 0 where it holds nothing yet.
  func gradient() -> (Tensor, beta: Float) {
    let (gradient, isFresh) = parameter.denseGradient()
    guard isFresh else { return (gradient, 1) }
    guard isPart else { return (gradient, 0) }
    gradient.fill(0)
    return (gradient, 1)
  }
}
