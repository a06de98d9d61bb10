import Checkpoints
import Support
import Tensors

/// Trained factors of keys, values and what the feed-forward reads (IA³; Liu et al., 2022).
///
/// A chosen layer `y = x Wᵀ + b` becomes `l ⊙ y`, or `(l ⊙ x) Wᵀ + b` where it counts as a feed-forward layer. The factors
/// begin as 1.
package struct IA3: Adapter, Equatable {
  package var chosen = AdapterTargets(["key", "value", "down"])
  /// Of the chosen layers, those whose inputs are multiplied.
  package var feedForward = AdapterTargets(["down"], isStrict: false)

  package init() {}

  package var peftType: String { "IA3" }
  package var targets: AdapterTargets? { chosen }

  static let suffix = ".ia3_l"

  package func branch(
    of layer: LinearLayer, _ module: String, out: Int, in width: Int, _ list: ParameterList
  ) -> (any LinearBranch)? {
    let isOfInput = feedForward.contains(module)
    return FactorBranch(
      factors: list.adapter(module + IA3.suffix, isOfInput ? [1, width] : [out, 1], start: .ones),
      isOfInput: isOfInput)
  }

  package func merge(_ parameters: [Parameter], path: String) {
    let named = parameters.byName
    for (module, factors) in parameters.modules(IA3.suffix) {
      guard let weight = named[module + ".weight"] else { continue }
      let values = factors.value.values
      guard !feedForward.contains(module) else {
        weight.scaleInputs(by: values)
        continue
      }
      weight.scaleOutputs(by: values)
      named[module + ".bias"]?.setValue { bias in
        for index in values.indices { bias.pointer[index] *= values[index] }
      }
    }
  }

  init(_ config: HuggingFaceConfig) throws(CheckpointError) {
    chosen = try AdapterTargets(config)
    if config.json["feedforward_modules"].map({ $0.array?.isEmpty ?? $0.isNull }) ?? true {
      feedForward = AdapterTargets([])
    } else {
      feedForward = try AdapterTargets(config, key: "feedforward_modules")
    }
    try config.requireKnown(["feedforward_modules", "fan_in_fan_out", "init_ia3_weights"], usual: [:])
  }

  package func members(_ model: AdaptedModel) -> JSONObject {
    let inputs = AdapterTargets(model.linearLayers.filter { chosen.contains($0) && feedForward.contains($0) })
    return JSONObject([
      "feedforward_modules": .array(inputs.peftNames(model.linearLayers).map(JSON.text)),
      "fan_in_fan_out": .bool(model.isTransposed), "init_ia3_weights": .bool(true),
    ])
  }
}

/// Factors of the outputs or of the inputs of one linear layer.
struct FactorBranch: LinearBranch {
  /// `[out, 1]`, or `[1, in]` for those of the inputs.
  let factors: Parameter
  let isOfInput: Bool

  package var isDivisible: Bool { true }

  package func output(of layer: LinearLayer, _ x: Variable, outputs: Range<Int>?, on tape: Tape) -> Variable {
    guard !isOfInput else {
      return layer.plain(tape.scaleColumns(x, by: factors), outputs: outputs, on: tape)
    }
    return tape.scaleColumns(layer.plain(x, outputs: outputs, on: tape), by: factors, outputs: outputs)
  }
}
