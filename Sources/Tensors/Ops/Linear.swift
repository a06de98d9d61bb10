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
  /// - Returns: `[rows, out]`. Saves x when the weight is trainable, and the pre-activation when there is an
  ///   activation.
  package func linear(
    _ x: Variable, weight: Parameter, bias: Parameter? = nil, activation: Activation = .none,
    layout: WeightLayout = .outIn
  ) -> Variable {
    let input = x.value
    let isOutIn = layout == .outIn
    let sum = MatrixProduct.product(input, weight.value, transposeB: isOutIn)
    let (rows, width, kernels) = (sum.rows, sum.columns, ElementWise.kernels)
    let output = activation == .none ? sum : Tensor(uninitialized: sum.shape)
    if bias != nil || activation != .none {
      ThreadPool.shared.parallel(count: rows, grain: Grain.rows(width: width)) { range in
        let (offset, count) = (range.lowerBound * width, range.count * width)
        if let bias { kernels.add_bias(bias.value.pointer, sum.pointer + offset, range.count, width) }
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
        let (weightGradient, isFresh) = weight.denseGradient()
        let (left, right) = isOutIn ? (gradient, input) : (input, gradient)
        MatrixProduct.accumulate(left, transposeA: true, right, into: weightGradient, beta: isFresh ? 0 : 1)
      }
      if let bias, bias.isTrainable { bias.accumulate { ElementWise.addColumnSums(of: gradient, into: $0) } }
      dX?.add(MatrixProduct.product(gradient, weight.value, transposeB: !isOutIn).reshaped(shape))
    }
  }
}
