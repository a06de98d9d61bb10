import Checkpoints
import Models
import Support

/// What a checkpoint's `config.json` says.
package struct InspectedConfig {
  /// The config without the keys that are refused, so that the rest can still be read.
  let understood: HuggingFaceConfig
  package let modelType: String?
  package let architectures: [String]
  /// The type that the config says the weights have.
  package let type: String?
  package let labels: [String]?
  /// The sizes of the architecture, by one name for all families.
  package let sizes: [(name: String, value: Int)]
  /// The model's parameters with a small head; `nil` for a config that is not supported.
  let outline: ModelOutline?

  init(_ config: HuggingFaceConfig, _ faults: inout InspectionFaults) throws {
    let json = config.json
    modelType = json["model_type"]?.string
    architectures = json["architectures"]?.array?.compactMap(\.string) ?? []
    type = (json["dtype"] ?? json["torch_dtype"])?.string
    labels = try faults.attempt("config") { try config.labels() } ?? nil
    (understood, outline) = InspectedConfig.understood(config, head: .classification(labels: 2), &faults)
    var sizes = InspectedConfig.names.compactMap { name, keys in
      keys.lazy.compactMap { json[$0]?.integer }.first.map { (name: name, value: $0) }
    }
    if let outline { sizes.append(("max_length", outline.maximumLength)) }
    self.sizes = sizes
  }

  /// What families call the same size.
  private static let names: [(String, [String])] = [
    ("layers", ["num_hidden_layers", "n_layer"]), ("hidden_size", ["hidden_size", "n_embd"]),
    ("heads", ["num_attention_heads", "n_head"]), ("key_value_heads", ["num_key_value_heads"]),
    ("intermediate_size", ["intermediate_size", "n_inner"]), ("vocabulary_size", ["vocab_size"]),
    ("positions", ["max_position_embeddings", "n_positions"]),
  ]

  /// Reads the config again and again, each time without the key that was refused, until all that is left is supported
  /// or something that is needed is missing.
  static func understood(_ config: HuggingFaceConfig, head: HeadKind, _ faults: inout InspectionFaults)
    -> (HuggingFaceConfig, ModelOutline?)
  {
    var config = config
    var removed: Set<String> = []
    while true {
      do throws(CheckpointError) { return (config, try ModelRegistry.outline(config, head: head)) } catch {
        let key = error.configKey
        // A key that was removed may be needed; its fault is known.
        if let key, removed.contains(key) { return (config, nil) }
        faults.add("config", error)
        guard let key, key != "model_type", config.json[key] != nil else { return (config, nil) }
        removed.insert(key)
        config.set(key, nil)
      }
    }
  }
}
