import Tensors

/// A parameter before it has memory.
public struct ParameterShape: Sendable, Equatable {
  public let name: String
  public let role: ParameterRole
  public let shape: [Int]
  /// As in ``Tensors/Parameter/heads``.
  public let heads: Int

  public var count: Int { shape.reduce(1, *) }
}

/// Collects a model's parameters while its layers are made.
final class ParameterList {
  /// Off when only the shapes are wanted: the parameters then hold nothing and the model cannot run.
  let allocates: Bool
  private(set) var parameters: [Parameter] = []
  private(set) var shapes: [ParameterShape] = []

  init(allocates: Bool = true) { self.allocates = allocates }

  func make(_ name: String, _ role: ParameterRole, _ shape: [Int], heads: Int = 1) -> Parameter {
    let value = Tensor(uninitialized: allocates ? shape : [0])
    let parameter = Parameter(name: name, role: role, value: value, heads: heads)
    parameters.append(parameter)
    shapes.append(ParameterShape(name: name, role: role, shape: shape, heads: heads))
    return parameter
  }

  /// Weight and bias of a linear layer.
  func linear(
    _ name: String, _ role: ParameterRole, out: Int, in width: Int, bias: Bool = true, heads: Int = 1
  ) -> LinearLayer {
    LinearLayer(
      weight: make(name + ".weight", role, [out, width], heads: heads),
      bias: bias ? make(name + ".bias", .bias, [out]) : nil)
  }

  /// GPT-2's `Conv1D`: a linear layer whose weight is stored `[in, out]`.
  func conv1D(_ name: String, _ role: ParameterRole, out: Int, in width: Int) -> LinearLayer {
    LinearLayer(
      weight: make(name + ".weight", role, [width, out]), bias: make(name + ".bias", .bias, [out]), layout: .inOut)
  }

  func layerNorm(_ name: String, width: Int, eps: Double) -> LayerNormLayer {
    LayerNormLayer(
      weight: make(name + ".weight", .norm, [width]), bias: make(name + ".bias", .bias, [width]), eps: Float(eps))
  }
}

struct LinearLayer {
  let weight: Parameter
  let bias: Parameter?
  var layout = WeightLayout.outIn

  func callAsFunction(_ x: Variable, _ activation: Activation = .none, on tape: Tape) -> Variable {
    tape.linear(x, weight: weight, bias: bias, activation: activation, layout: layout)
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
