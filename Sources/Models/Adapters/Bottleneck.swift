import Checkpoints
import Support
import Tensors

/// A narrow network after or beside chosen linear layers, as LLM-Adapters has them (Hu et al., 2023).
///
/// In series, `y` becomes `y + scaling · f(y Dᵀ) Uᵀ` (Houlsby et al., 2019). In parallel, a layer of `x` gets
/// `scaling · f(x Dᵀ) Uᵀ` added to its result (He et al., 2022). D is `[bottleneck, in]`, U `[out, bottleneck]`; neither has
/// a bias, as in LLM-Adapters.
package struct Bottleneck: Adapter, Equatable {
  package var isParallel: Bool
  package var width = 256
  package var function = Function.tanh
  package var scaling = 1.0
  /// The dropout rate of what the network reads.
  package var dropout = 0.0
  package var start = Start.zero
  package var chosen: AdapterTargets

  package enum Function: String, Sendable, CaseIterable {
    case tanh
    case gelu
  }

  package enum Start: String, Sendable, CaseIterable {
    /// U is 0, so that the adapter changes nothing at first; D as a linear layer of torch. LLM-Adapters' `mam_adapter`.
    case zero
    /// Both normal with a deviation of 0.02, as in BERT. LLM-Adapters' default.
    case bert
  }

  package init(isParallel: Bool) {
    self.isParallel = isParallel
    chosen = AdapterTargets(isParallel ? ["up", "down"] : ["output", "down"])
  }

  package var peftType: String { "BOTTLENECK" }
  package var targets: AdapterTargets? { chosen }
  package func isSameMethod(as other: any Adapter) -> Bool { (other as? Bottleneck)?.isParallel == isParallel }

  static let downSuffix = ".adapter_down.weight"
  static let upSuffix = ".adapter_up.weight"

  package func branch(
    of layer: LinearLayer, _ module: String, out: Int, in inputs: Int, _ list: ParameterList
  ) -> (any LinearBranch)? {
    let inputs = isParallel ? inputs : out
    return BottleneckBranch(
      down: list.adapter(
        module + Bottleneck.downSuffix, [width, inputs],
        start: start == .bert ? .normal(0.02) : .uniform(1 / Double(inputs).squareRoot())),
      up: list.adapter(module + Bottleneck.upSuffix, [out, width], start: start == .bert ? .normal(0.02) : .zeros),
      settings: self)
  }

  package func merge(_ parameters: [Parameter], path: String) throws(CheckpointError) {
    throw .unsupported(
      path: path, what: "to be merged:", found: "a bottleneck adapter, whose function no weight of a checkpoint has",
      expected: "LoRA, DoRA or IA3; the adapter is used as it is")
  }

  init(_ config: HuggingFaceConfig) throws(CheckpointError) {
    isParallel = try config.bool("use_parallel_adapter", default: false)
    width = try config.integer("bottleneck_size", in: 1...65_536, default: 256)
    scaling = try config.number("scaling", in: -1e6...1e6, default: 1)
    dropout = try config.number("adapter_dropout", in: 0...0.999, default: 0)
    let name = config.json["non_linearity"]?.string ?? "tanh"
    guard let function = Function(rawValue: name) else {
      throw config.unsupported(
        "non_linearity", expected: Function.allCases.map(\.rawValue).joined(separator: " or "))
    }
    self.function = function
    chosen = try AdapterTargets(config)
    try config.requireKnown(
      ["use_parallel_adapter", "bottleneck_size", "scaling", "adapter_dropout", "non_linearity"],
      usual: [
        "bias": [.text("none")], "init_weights": [.text("bert"), .text("mam_adapter")],
        // LLM-Adapters puts some adapters before a layer; those that are written here come after it.
        "adapter_placement": [.text("after")],
      ],
      required: isParallel ? [] : ["adapter_placement"])
  }

  package func members(_ model: AdaptedModel) -> JSONObject {
    var members = JSONObject([
      "use_parallel_adapter": .bool(isParallel), "bottleneck_size": .integer(width), "scaling": .real(scaling),
      "adapter_dropout": .real(dropout), "non_linearity": .text(function.rawValue), "bias": .text("none"),
      "init_weights": .text(start == .bert ? "bert" : "mam_adapter"),
    ])
    if !isParallel { members["adapter_placement"] = .text("after") }
    return members
  }
}

/// The bottleneck adapter of one linear layer.
struct BottleneckBranch: LinearBranch {
  /// `[bottleneck, in]`
  let down: Parameter
  /// `[out, bottleneck]`
  let up: Parameter
  let settings: Bottleneck

  /// An adapter in series reads all outputs of a token.
  package var isDivisible: Bool { settings.isParallel && settings.dropout == 0 }

  package func output(of layer: LinearLayer, _ x: Variable, outputs: Range<Int>?, on tape: Tape) -> Variable {
    let base = layer.plain(x, outputs: outputs, on: tape)
    let read = tape.dropout(settings.isParallel ? x : base, rate: Float(settings.dropout))
    let narrow = tape.linear(read, weight: down)
    let inner =
      switch settings.function {
      case .tanh: tape.tanh(narrow)
      case .gelu: tape.activated(narrow, .gelu)
      }
    // What a network in series reads must stay for its gradient.
    return tape.addLinear(
      to: base, inner, weight: up, scale: Float(settings.scaling), outputs: outputs, keepsBase: !settings.isParallel)
  }
}
