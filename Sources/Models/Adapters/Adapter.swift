import Checkpoints
import Support
import Tensors

/// A method that adds parameters to a checkpoint and trains these in place of the checkpoint's own.
///
/// One file each: what it adds, what it computes, how it begins, and the members of peft's `adapter_config.json` that are
/// its own. Layers are adapted where ``ParameterList`` makes them, so that no family of models knows of any adapter.
package protocol Adapter: Sendable {
  /// What peft calls the method.
  var peftType: String { get }
  /// Whether another adapter is of the same method.
  func isSameMethod(as other: any Adapter) -> Bool
  /// Whether peft keeps the trained tensors beside the model and not inside it, which shows in their names.
  var standsBeside: Bool { get }
  /// The linear layers that are adapted; `nil` for a method that adapts none.
  var targets: AdapterTargets? { get }
  /// The tokens that come before each sequence.
  var virtualTokens: Int { get }

  /// What is done to a chosen linear layer.
  ///
  /// - Parameter layer: the layer without an adapter, of `out` outputs and `width` inputs.
  func branch(
    of layer: LinearLayer, _ module: String, out: Int, in width: Int, _ list: ParameterList
  ) -> (any LinearBranch)?
  /// The virtual tokens of a model; `nil` for a method that has none.
  func makeVirtualTokens(_ widths: VirtualTokens.Widths, _ list: ParameterList) -> VirtualTokens?
  /// Sets what depends on the checkpoint's weights, and may change these.
  ///
  /// - Parameters:
  ///   - parameters: those of a model whose weights are read. The weights of adapted layers may be changed.
  ///   - isFresh: whether the adapter is new; else its own values are read after this.
  ///   - path: the folder of the checkpoint, for messages.
  /// - Throws: ``CheckpointError``.
  func prepare(_ parameters: [Parameter], isFresh: Bool, seed: UInt64, path: String) throws(CheckpointError)
  /// Adds the adapter to the weights of the checkpoint. They must be float32, and not in a mapped file.
  ///
  /// - Throws: ``CheckpointError`` for a method whose effect no weights have.
  func merge(_ parameters: [Parameter], path: String) throws(CheckpointError)
  /// The members of `adapter_config.json` that are this method's own, but for those of the targets.
  func members(_ model: AdaptedModel) -> JSONObject
}

/// What an adapter's config says of its model.
package struct AdaptedModel {
  /// The linear layers below the head, by the names of their weights without `.weight`.
  package let linearLayers: [String]
  let virtual: VirtualTokens.Widths?
  /// Whether weights are stored `[in, out]`.
  let isTransposed: Bool
}

extension Adapter {
  package var standsBeside: Bool { false }
  package func isSameMethod(as other: any Adapter) -> Bool { peftType == other.peftType }
  package var targets: AdapterTargets? { nil }
  package var virtualTokens: Int { 0 }

  package func branch(
    of layer: LinearLayer, _ module: String, out: Int, in width: Int, _ list: ParameterList
  ) -> (any LinearBranch)? { nil }
  package func makeVirtualTokens(_ widths: VirtualTokens.Widths, _ list: ParameterList) -> VirtualTokens? { nil }
  package func prepare(_ parameters: [Parameter], isFresh: Bool, seed: UInt64, path: String) {}
}

/// What an adapter makes of a linear layer's result, before the activation.
package protocol LinearBranch {
  /// Whether outputs may be computed apart from each other and tokens from each other, with the same result. If not, a
  /// layer that gives query, key and value is always computed whole.
  var isDivisible: Bool { get }
  /// - Parameter layer: the layer without its adapter.
  func output(of layer: LinearLayer, _ x: Variable, outputs: Range<Int>?, on tape: Tape) -> Variable
}

extension [Parameter] {
  /// The parameters by the names of their modules, where the names end in one of the suffixes.
  func modules(_ suffix: String) -> [(module: String, parameter: Parameter)] {
    filter { $0.layout.isAdapter && $0.name.hasSuffix(suffix) }
      .map { (String($0.name.dropLast(suffix.count)), $0) }
  }

  var byName: [String: Parameter] { Dictionary(uniqueKeysWithValues: map { ($0.name, $0) }) }
}

extension Parameter {
  /// The values of a new adapter. The numbers depend on the seed and the parameter's name only.
  func initializeAdapter(seed: UInt64) {
    let random = RandomGenerator(seed: seed).stream("init:" + name)
    setValue { value in
      switch layout.adapterStart {
      case .zeros, nil: value.fill(0)
      case .ones: value.fill(1)
      case .uniform(let bound): random.fillUniform(value, bound: bound)
      case .normal(let deviation): random.fillNormal(value, standardDeviation: deviation)
      }
    }
  }
}
