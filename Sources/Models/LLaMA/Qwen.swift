import Checkpoints

/// Qwen 2 and 2.5 (Yang et al., 2024), as transformers' `Qwen2Model` and the heads on it: LLaMA with biases on query, key and
/// value.
enum Qwen2Family: ModelFamily {
  static let modelTypes = ["qwen2"]

  static func supports(_ head: HeadKind) -> Bool { DecoderHead.supports(head) }

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames {
    try .decoder(config, head: head)
  }

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    var keys = try DecoderConfig(
      config, dropout: dropout, defaults: .init(keyValueHeads: 32, positions: 32_768))
    (keys.projectionBias, keys.outputBias, keys.feedForwardBias) = (true, false, false)
    try keys.keepWithinWindowOfQwen(config)
    return try Decoder("Qwen2", keys, config, head: head, list)
  }
}

/// Qwen 3 (Yang et al., 2025), as transformers' `Qwen3Model` and the heads on it: LLaMA with normalized heads of query and key.
enum Qwen3Family: ModelFamily {
  static let modelTypes = ["qwen3"]

  static func supports(_ head: HeadKind) -> Bool { DecoderHead.supports(head) }

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames {
    try .decoder(config, head: head)
  }

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    var keys = try DecoderConfig(
      config, dropout: dropout, defaults: .init(keyValueHeads: 32, positions: 32_768, headSize: 128))
    (keys.normalizesHeads, keys.feedForwardBias) = (true, false)
    try keys.keepWithinWindowOfQwen(config)
    return try Decoder("Qwen3", keys, config, head: head, list)
  }
}

extension DecoderConfig {
  /// Qwen has a window in the last layers, and only where `use_sliding_window` says so.
  fileprivate mutating func keepWithinWindowOfQwen(_ config: HuggingFaceConfig) throws(CheckpointError) {
    guard try config.bool("use_sliding_window", default: false) else { return }
    try keepWithinWindow(config, default: 4_096)
  }
}
