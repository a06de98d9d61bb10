import Checkpoints
import Support

/// What the configs of all adapters have in common.
extension HuggingFaceConfig {
  /// Keys that are read elsewhere, or tell only how the weights came about.
  private static let harmless: Set = [
    "auto_mapping", "base_model_name_or_path", "inference_mode", "modules_to_save", "peft_type", "peft_version",
    "revision", "target_modules", "task_type",
  ]

  /// Refuses a key that may make another function of the same weights.
  ///
  /// - Parameters:
  ///   - known: the method's own keys that are read, or that make no difference.
  ///   - usual: keys of which only some values are supported.
  ///   - required: those of `usual` that must be there.
  func requireKnown(_ known: Set<String>, usual: [String: [JSON]], required: [String] = []) throws(CheckpointError) {
    for member in json.members where !HuggingFaceConfig.isEmpty(member.value) {
      let key = member.key.description
      if let expected = usual[key] {
        guard expected.contains(member.value) else {
          throw unsupported(key, expected: expected.map(\.summary).joined(separator: " or "))
        }
      } else if !known.contains(key), !HuggingFaceConfig.harmless.contains(key) {
        throw unsupported(key, expected: "no such setting, since its effect is not known here")
      }
    }
    for key in required where json[key].map(HuggingFaceConfig.isEmpty) ?? true {
      throw unsupported(key, expected: usual[key, default: []].map(\.summary).joined(separator: " or "))
    }
  }

  private static func isEmpty(_ value: JSON) -> Bool {
    value.isNull || value.bool == false || value.array?.isEmpty == true || value.object?.members.isEmpty == true
  }
}

extension AdapterTargets {
  /// Reads the names of layers.
  init(_ config: HuggingFaceConfig, key: String = "target_modules") throws(CheckpointError) {
    let value = config.json[key]
    if value?.string == AdapterTargets.all {
      self.init([AdapterTargets.all])
      return
    }
    let names = value?.array?.compactMap(\.string) ?? []
    guard !names.isEmpty, names.count == value?.array?.count else {
      throw config.unsupported(
        key, expected: "the names of layers, or \(AdapterTargets.all); a pattern is not supported")
    }
    self.init(names, isStrict: false)
  }
}

/// The methods by what peft calls them.
enum AdapterTypes {
  private static let readers: [String: @Sendable (HuggingFaceConfig) throws(CheckpointError) -> any Adapter] = [
    "LORA": { config throws(CheckpointError) in try LoRA(config) },
    "IA3": { config throws(CheckpointError) in try IA3(config) },
    "BOTTLENECK": { config throws(CheckpointError) in try Bottleneck(config) },
    "PREFIX_TUNING": { config throws(CheckpointError) in try PrefixTuning(config) },
    "PROMPT_TUNING": { config throws(CheckpointError) in try PromptTuning(config) },
  ]

  /// Reads the adapter that a config describes.
  static func read(_ config: HuggingFaceConfig) throws(CheckpointError) -> any Adapter {
    guard let read = readers[try config.string("peft_type")] else {
      throw config.unsupported("peft_type", expected: "one of \(readers.keys.sorted().joined(separator: ", "))")
    }
    return try read(config)
  }
}
