import Tensors

/// Collects a model's parameters while its layers are made, names relative to a growing prefix.
final class ParameterList {
  private(set) var parameters: [Parameter] = []

  /// - Parameter heads: attention heads stacked in the outputs of a query or key weight.
  func make(_ name: String, _ role: ParameterRole, _ shape: [Int], heads: Int? = nil) -> Parameter {
    let blocks = heads.map { [OutputBlocks(count: $0, size: shape[0] / $0)] } ?? []
    let parameter = Parameter(name: name, role: role, value: Tensor(uninitialized: shape), blocks: blocks)
    parameters.append(parameter)
    return parameter
  }

  /// Weight and bias of a linear layer. A head's bias is a head too: it is created together with its weight.
  func linear(
    _ name: String, _ role: ParameterRole, out: Int, in width: Int, bias: Bool = true, heads: Int? = nil
  ) -> LinearLayer {
    LinearLayer(
      weight: make(name + ".weight", role, [out, width], heads: heads),
      bias: bias ? make(name + ".bias", role == .head ? .head : .bias, [out]) : nil)
  }

  func layerNorm(_ name: String, width: Int, eps: Double) -> LayerNormLayer {
    LayerNormLayer(
      weight: make(name + ".weight", .norm, [width]), bias: make(name + ".bias", .bias, [width]), eps: Float(eps))
  }
}

struct LinearLayer {
  let weight: Parameter
  let bias: Parameter?

  func callAsFunction(_ x: Variable, _ activation: Activation = .none, on tape: Tape) -> Variable {
    tape.linear(x, weight: weight, bias: bias, activation: activation)
  }
}

struct LayerNormLayer {
  let weight: Parameter
  let bias: Parameter
  let eps: Float

  func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    tape.layerNorm(x, weight: weight, bias: bias, eps: eps)
  }
}
