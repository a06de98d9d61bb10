import CKernels
import Support

extension Tape {
  /// `a + b`, same shape.
  package func add(_ a: Variable, _ b: Variable) -> Variable {
    precondition(a.value.shape == b.value.shape)
    let (kernels, output) = (ElementWise.kernels, Tensor(uninitialized: a.value.shape))
    let (left, right) = (a.value, b.value)
    ElementWise.forEachSlice(output.count) { start, count in
      kernels.sum(left.pointer + start, right.pointer + start, output.pointer + start, count)
    }
    let (dA, dB) = (a.slot, b.slot)
    return record(output, inputs: [a, b]) { gradient in
      // The slot of `a` may take ownership of the tensor, so `b` gets a copy.
      dB?.accumulate(gradient.shape) { sum, beta in
        if beta == 0 { sum.copyValues(from: gradient) } else { ElementWise.add(gradient, into: sum) }
      }
      dA?.add(gradient)
    }
  }

  /// Hyperbolic tangent.
  package func tanh(_ x: Variable) -> Variable {
    let (kernels, output, input) = (ElementWise.kernels, Tensor(uninitialized: x.value.shape), x.value)
    ElementWise.forEachSlice(output.count) { start, count in
      kernels.tanh_forward(input.pointer + start, output.pointer + start, count)
    }
    let dX = x.slot
    return record(output, inputs: [x]) { gradient in
      ElementWise.forEachSlice(gradient.count) { start, count in
        kernels.tanh_backward(output.pointer + start, gradient.pointer + start, gradient.pointer + start, count)
      }
      dX?.add(gradient)
    }
  }

  /// The function of a linear layer, where something is added to the layer's result before.
  package func activated(_ x: Variable, _ activation: Activation) -> Variable {
    guard activation != .none else { return x }
    let (kernels, output, input) = (ElementWise.kernels, Tensor(uninitialized: x.value.shape), x.value)
    ElementWise.forEachSlice(output.count) { start, count in
      let (x, y) = (input.pointer + start, output.pointer + start)
      activation == .gelu ? kernels.gelu(x, y, count) : kernels.gelu_tanh(x, y, count)
    }
    let dX = x.slot
    return record(output, inputs: [x]) { gradient in
      ElementWise.forEachSlice(gradient.count) { start, count in
        let (x, d) = (input.pointer + start, gradient.pointer + start)
        activation == .gelu ? kernels.gelu_backward(x, d, d, count) : kernels.gelu_tanh_backward(x, d, d, count)
      }
      dX?.add(gradient)
    }
  }

  /// `silu(gate) · up`, the gated activation of LLaMA's feed-forward (Shazeer, 2020).
  package func siluGate(_ gate: Variable, _ up: Variable) -> Variable {
    precondition(gate.value.shape == up.value.shape)
    let (kernels, output) = (ElementWise.kernels, Tensor(uninitialized: gate.value.shape))
    let (g, u) = (gate.value, up.value)
    ElementWise.forEachSlice(output.count) { start, count in
      kernels.silu_gate(g.pointer + start, u.pointer + start, output.pointer + start, count)
    }
    let slots = (gate: gate.slot, up: up.slot)
    return record(output, inputs: [gate, up]) { gradient in
      let (dGate, dUp) = (Tensor(uninitialized: g.shape), Tensor(uninitialized: g.shape))
      ElementWise.forEachSlice(gradient.count) { start, count in
        kernels.silu_gate_backward(
          g.pointer + start, u.pointer + start, gradient.pointer + start, dGate.pointer + start, dUp.pointer + start,
          count)
      }
      slots.gate?.add(dGate)
      slots.up?.add(dUp)
    }
  }

  /// Zeroes each element with probability `rate` and scales the others by `1 / (1 − rate)`. Does nothing outside
  /// training.
  ///
  /// The mask is not stored. The backward pass draws the same mask again, because the mask depends on the counter only.
  ///
  /// - Parameter rows: the tokens that the rows of `x` are for; `nil` where there is a row for each. A token's mask does
  ///   not depend on which others there are.
  package func dropout(_ x: Variable, rate: Float, rows: TokenRows? = nil) -> Variable {
    guard isTraining, rate > 0 else { return x }
    let (input, output) = (x.value, Tensor(uninitialized: x.value.shape))
    let mask = DropoutMask(rate: rate, random: nextDropoutGenerator())
    Tape.apply(mask, input, to: output, rows?.tokens)
    let dX = x.slot
    return record(output, inputs: [x]) { gradient in
      Tape.apply(mask, gradient, to: gradient, rows?.tokens)
      dX?.add(gradient)
    }
  }

  private static func apply(_ mask: DropoutMask, _ x: Tensor, to y: Tensor, _ rows: [Int]?) {
    guard let rows else {
      return ElementWise.forEachSlice(x.count) { start, count in
        mask.apply(x.pointer + start, to: y.pointer + start, count, from: start)
      }
    }
    let width = x.columns
    ThreadPool.shared.parallel(count: rows.count, grain: Grain.rows(width: width)) { range in
      for row in range {
        mask.apply(x.pointer + row * width, to: y.pointer + row * width, width, from: rows[row] * width)
      }
    }
  }
}
