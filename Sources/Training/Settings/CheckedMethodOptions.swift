import Models
import Optimizers
import Support
import Tensors

/// The options of a method after validation.
struct CheckedMethodOptions {
  private let method: Method
  private let values: [String: String]

  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)`` for an option that the method does not have, or
  ///   a value that it does not accept.
  init(_ settings: RunSettings) throws(TrainingError) {
    method = settings.method
    let origin = settings.given.first { $0.key == "method_option" }?.origin ?? "--method-option"
    var values: [String: String] = [:]
    let known = method.options
    for option in known { values[option.key] = option.defaultValue }
    for entry in settings.methodOptions.entries {
      guard let option = known.first(where: { $0.key == entry.key }) else {
        throw .badSetting(
          origin: origin, key: "method_option", found: "\(entry.key) with the method \(method.rawValue)",
          expected: known.isEmpty
            ? "no options of a method that has none"
            : "one of \(known.map(\.key).joined(separator: ", "))")
      }
      guard option.accepts(entry.value) else {
        throw .badSetting(
          origin: origin, key: "method_option", found: "\(entry.key)=\(entry.value)",
          expected: "\(entry.key) to be \(option.expected)")
      }
      values[entry.key] = entry.value
    }
    self.values = values
  }

  private func text(_ key: String) -> String { values[key] ?? "" }
  private func number(_ key: String) -> Double { Double(text(key)) ?? 0 }
  private func integer(_ key: String) -> Int { Int(text(key)) ?? 0 }
  private func flag(_ key: String) -> Bool { text(key) == "true" }
  private var targets: AdapterTargets { AdapterTargets(text("targets").split(separator: ",").map(String.init)) }

  /// The adapter that the method trains; `nil` where it trains none.
  var adapter: (any Adapter)? {
    switch method {
    case .full, .head, .bitfit, .lisa, .badam: return nil
    case .lora, .relora:
      var lora = LoRA()
      (lora.rank, lora.alpha, lora.dropout) = (integer("rank"), number("alpha"), number("dropout"))
      (lora.isRankStabilized, lora.isDecomposed) = (flag("rslora"), flag("dora"))
      (lora.start, lora.chosen) = (LoRA.Start(rawValue: text("init")) ?? .zero, targets)
      return lora
    case .ia3:
      var factors = IA3()
      factors.chosen = targets
      return factors
    case .prefix:
      var prefix = PrefixTuning()
      (prefix.length, prefix.start) = (integer("length"), PrefixTuning.Start(rawValue: text("init")) ?? .normal)
      return prefix
    case .prompt:
      var prompt = PromptTuning()
      (prompt.length, prompt.start) = (integer("length"), PromptTuning.Start(rawValue: text("init")) ?? .normal)
      return prompt
    case .series, .parallel:
      var bottleneck = Bottleneck(isParallel: method == .parallel)
      (bottleneck.width, bottleneck.scaling, bottleneck.dropout) = (
        integer("bottleneck"), number("scale"), number("dropout")
      )
      bottleneck.function = Bottleneck.Function(rawValue: text("activation")) ?? .tanh
      (bottleneck.start, bottleneck.chosen) = (Bottleneck.Start(rawValue: text("init")) ?? .zero, targets)
      return bottleneck
    }
  }

  /// What changes from time to time while a run goes on; `nil` where nothing does.
  func phases(seed: UInt64) -> (any TrainingPhases)? {
    switch method {
    case .relora:
      return (adapter as? LoRA).map {
        LowRankRestarts(
          lora: $0, interval: integer("interval"), warmup: integer("restart-warmup"), forgotten: number("forget"),
          seed: seed)
      }
    case .lisa, .badam: return rotation(seed: seed)
    default: return nil
    }
  }

  /// The layers that are trained in turn; `nil` where all are trained in every step.
  func rotation(seed: UInt64) -> RotatingLayers? {
    switch method {
    case .lisa:
      RotatingLayers(kind: .drawn(count: integer("layers")), interval: integer("interval"), seed: seed)
    case .badam:
      RotatingLayers(
        kind: .inTurn(RotatingLayers.Order(rawValue: text("order")) ?? .random), interval: integer("interval"),
        seed: seed)
    default: nil
    }
  }

  /// The factor of the learning rate of each parameter.
  func rateFactor(_ parameter: ParameterShape) -> Double {
    method == .lora && parameter.isAdapterOutput ? number("lr-ratio") : 1
  }

  /// Every option with its value, as `results.json` records them.
  var resolved: MethodOptions {
    MethodOptions(method.options.map { "\($0.key)=\(text($0.key))" }.joined(separator: " ")) ?? MethodOptions()
  }
}

extension RunSettings {
  /// The adapter that the run trains; `nil` where its method trains none.
  ///
  /// - Throws: as ``CheckedMethodOptions/init(_:)``.
  package func adapter() throws(TrainingError) -> (any Adapter)? { try CheckedMethodOptions(self).adapter }
}
