import Tensors

/// Collects a model's parameters while its layers are made.
package final class ParameterList {
  /// Whether the parameters get memory. Without memory, only their shapes are known and the model cannot run.
  let allocates: Bool
  /// What trained matrices are stored in. Biases, norms and what is frozen are float32 in any case.
  let weights: Precision
  private let isTrainable: TrainablePredicate
  private let allocatesFrozen: Bool
  /// The head of the model that is made.
  private let head: HeadKind
  /// What is added to the model; `nil` for nothing.
  let adapter: (any Adapter)?
  private(set) var parameters: [Parameter] = []
  /// The linear layers below the head, by the names of their weights without `.weight`.
  private(set) var linearLayers: [String] = []
  /// The sizes that virtual tokens depend on, once the layers are made.
  private(set) var virtualWidths: VirtualTokens.Widths?

  /// - Parameters:
  ///   - weights: what trained matrices are stored in.
  ///   - isTrainable: which parameters are trained; the others are frozen.
  ///   - adapter: what is added to the model; `nil` for nothing.
  ///   - allocatesFrozen: whether frozen parameters get memory too; false when their values will be memory-mapped.
  init(
    for head: HeadKind, allocates: Bool = true, weights: Precision = .float32,
    isTrainable: @escaping TrainablePredicate = { _ in true },
    adapter: (any Adapter)? = nil, allocatesFrozen: Bool = true
  ) {
    (self.head, self.weights, self.adapter) = (head, weights, adapter)
    (self.allocates, self.isTrainable, self.allocatesFrozen) = (allocates, isTrainable, allocatesFrozen)
  }

  /// - Parameters:
  ///   - blocks: the attention heads that the outputs fall into.
  ///   - outputAxis: 0 for an `[out, in]` weight, 1 for `[in, out]`.
  ///   - isOfHead: whether the parameter belongs to the model's head; `nil` means true when the role is `head`, else
  ///     false.
  func make(
    _ name: String, _ role: ParameterRole, _ shape: [Int], blocks: [OutputBlocks] = [], outputAxis: Int = 0,
    isOfHead: Bool? = nil, start: AdapterStart? = nil
  ) -> Parameter {
    var layout = ParameterShape(
      name: name, role: role, shape: shape, blocks: blocks, outputAxis: outputAxis, isOfHead: isOfHead)
    layout.adapterStart = start
    layout.isOfTaskHead = layout.isOfHead && !head.isLanguageModel
    layout.isTrainable = isTrainable(layout)
    let isMatrix = start == nil && shape.count == 2 && [.matrix, .embedding, .head].contains(role)
    if weights == .bfloat16, isMatrix, layout.isTrainable { layout.type = .bfloat16 }
    let isAllocated = allocates && (allocatesFrozen || layout.isTrainable)
    let parameter = isAllocated ? Parameter(uninitialized: layout) : Parameter(withoutValue: layout)
    parameters.append(parameter)
    return parameter
  }

  /// The weight and bias of a linear layer.
  ///
  /// - Parameter heads: the number of attention heads stacked in the outputs of a query or key weight; `nil` for
  ///   others.
  func linear(
    _ name: String, _ role: ParameterRole, out: Int, in width: Int, bias: Bool = true, heads: Int? = nil
  ) -> LinearLayer {
    let layer = LinearLayer(
      weight: make(
        name + ".weight", role, [out, width], blocks: heads.map { [OutputBlocks(count: $0, size: out / $0)] } ?? []),
      bias: bias ? make(name + ".bias", .bias, [out], isOfHead: role == .head) : nil)
    return adapted(layer, name, role, out: out, in: width)
  }

  /// The layer with what the adapter makes of it, if anything.
  private func adapted(
    _ layer: LinearLayer, _ name: String, _ role: ParameterRole, out: Int, in width: Int
  ) -> LinearLayer {
    guard role != .head else { return layer }
    linearLayers.append(name)
    guard let adapter, adapter.targets?.contains(name) == true else { return layer }
    var layer = layer
    layer.branch = adapter.branch(of: layer, name, out: out, in: width, self)
    return layer
  }

  /// A parameter of the adapter.
  func adapter(_ name: String, _ shape: [Int], role: ParameterRole = .matrix, start: AdapterStart) -> Parameter {
    make(name, role, shape, start: start)
  }

  /// The adapter's virtual tokens; `nil` where it has none.
  func virtualTokens(_ widths: VirtualTokens.Widths) -> VirtualTokens? {
    virtualWidths = widths
    return adapter?.makeVirtualTokens(widths, self)
  }

  /// GPT-2's `Conv1D`: a linear layer whose weight is stored `[in, out]`.
  func conv1D(
    _ name: String, _ role: ParameterRole, out: Int, in width: Int, blocks: [OutputBlocks] = []
  ) -> LinearLayer {
    let layer = LinearLayer(
      weight: make(name + ".weight", role, [width, out], blocks: blocks, outputAxis: 1),
      bias: make(name + ".bias", .bias, [out], isOfHead: role == .head), layout: .inOut)
    return adapted(layer, name, role, out: out, in: width)
  }

  func layerNorm(_ name: String, width: Int, eps: Double, isOfHead: Bool = false) -> LayerNormLayer {
    LayerNormLayer(
      weight: make(name + ".weight", .norm, [width], isOfHead: isOfHead),
      bias: make(name + ".bias", .bias, [width], isOfHead: isOfHead), eps: Float(eps))
  }
}

package struct LinearLayer {
  let weight: Parameter
  let bias: Parameter?
  var layout = WeightLayout.outIn
  /// What an adapter makes of the result before the activation.
  var branch: (any LinearBranch)?

  /// A tied head, which uses an embedding table as its weight.
  static func tied(to table: Parameter, bias: Parameter? = nil) -> LinearLayer {
    table.isTied = true
    return LinearLayer(weight: table, bias: bias)
  }

  /// - Parameter outputs: which outputs are computed; `nil` for all.
  func callAsFunction(
    _ x: Variable, _ activation: Activation = .none, outputs: Range<Int>? = nil, on tape: Tape
  ) -> Variable {
    guard let branch else {
      return tape.linear(x, weight: weight, bias: bias, activation: activation, layout: layout, outputs: outputs)
    }
    return tape.activated(branch.output(of: self, x, outputs: outputs, on: tape), activation)
  }

  /// The result without an adapter and an activation.
  func plain(_ x: Variable, bias hasBias: Bool = true, outputs: Range<Int>?, on tape: Tape) -> Variable {
    tape.linear(x, weight: weight, bias: hasBias ? bias : nil, layout: layout, outputs: outputs)
  }

  /// Whether outputs and tokens may be computed apart from each other.
  var isDivisible: Bool { branch?.isDivisible ?? true }
}

struct LayerNormLayer {
  let weight: Parameter
  let bias: Parameter
  let eps: Float

  func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    tape.layerNorm(x, weight: weight, bias: bias, eps: eps)
  }
}
