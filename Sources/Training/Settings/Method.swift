import Models
import Optimizers
import Support
import Tensors

/// Which parameters a run trains; the others are frozen, as with `requires_grad=False` in PyTorch.
package enum Method: String, CaseIterable, Sendable, SettingValue {
  case full
  /// The classifier and the layers that only it has, such as BERT's pooler.
  case head
  /// Biases, and the head of the task (Ben Zaken et al., 2022).
  case bitfit
  /// Low-rank adapters beside linear layers, and the head of the task (Hu et al., 2022).
  case lora

  /// Whether a run with this method trains the parameter.
  package func trains(_ parameter: ParameterShape) -> Bool {
    switch self {
    case .full: true
    case .head: parameter.isOfHead
    case .bitfit: parameter.role == .bias || parameter.isOfTaskHead
    case .lora: parameter.isAdapter || parameter.isOfTaskHead
    }
  }

  /// One sentence for `finetune list methods`.
  package var summary: String {
    switch self {
    case .full: "every parameter"
    case .head: "only the head: the classifier and, where the model has one, the pooler"
    case .bitfit: "biases, and the head of the task (Ben Zaken et al., 2022)"
    case .lora:
      "low-rank adapters beside linear layers, and the head of the task (Hu et al., 2022); saved as peft saves them"
    }
  }

  /// The options that `-M` takes.
  package var options: [OptionSpecification] {
    guard self == .lora else { return [] }
    return [
      OptionSpecification("rank", .integer(1...65_536), default: "8", "columns of the narrow product"),
      OptionSpecification(
        "alpha", .number(1e-6...1e6), default: "8", "the adapter's result is multiplied by alpha / rank"),
      OptionSpecification("dropout", .number(0...0.99), default: "0", "dropout of what the adapters read"),
      OptionSpecification(
        "rslora", .choice(["true", "false"]), default: "false",
        "multiply by alpha / sqrt(rank) instead (Kalajdzievski, 2023)"),
      OptionSpecification(
        "lr-ratio", .number(1e-3...1e3), default: "1",
        "the learning rate of B over that of A (LoRA+; Hayou et al., 2024)"),
      OptionSpecification(
        "targets", .words, default: "query,value",
        "ends of layer names, parts (\(AdapterTargets.partNames.joined(separator: ", "))), or \(AdapterTargets.all)"),
    ]
  }
}

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
    for entry in settings.methodOptions.entries {
      let known = method.options
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

  private func text(_ key: String) -> String {
    values[key] ?? method.options.first { $0.key == key }?.defaultValue ?? ""
  }
  private func number(_ key: String) -> Double { Double(text(key)) ?? 0 }

  /// The adapters that the method trains; `nil` where it trains none.
  var lora: LoRASettings? {
    guard method == .lora else { return nil }
    var lora = LoRASettings()
    lora.rank = Int(text("rank")) ?? lora.rank
    (lora.alpha, lora.dropout) = (number("alpha"), number("dropout"))
    lora.isRankStabilized = text("rslora") == "true"
    lora.targets = AdapterTargets(text("targets").split(separator: ",").map(String.init))
    return lora
  }

  /// The factor of the learning rate of each parameter.
  func rateFactor(_ parameter: ParameterShape) -> Double {
    method == .lora && parameter.isAdapterOutput ? number("lr-ratio") : 1
  }
}

extension RunSettings {
  /// The adapters that the run trains; `nil` where its method trains none.
  ///
  /// - Throws: as ``CheckedMethodOptions/init(_:)``.
  package func lora() throws(TrainingError) -> LoRASettings? { try CheckedMethodOptions(self).lora }
}
