import Checkpoints
import Support

/// Qwen2 (Yang et al., 2024), as transformers' `Qwen2Model` and the heads on it: LLaMA with biases on query, key and
/// value.
enum Qwen2Family: ModelFamily {
  static let modelTypes = ["qwen2"]

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames {
    try .decoder(config, head: head)
  }

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    guard try !config.bool("use_sliding_window", default: false) else {
      throw config.unsupported("use_sliding_window", expected: "false")
    }
    var known = config
    for (key, value) in [("num_key_value_heads", 32), ("max_position_embeddings", 32_768)]
    where config.json[key] == nil { known.set(key, .integer(value)) }
    var keys = try DecoderConfig(known, dropout: dropout)
    (keys.projectionBias, keys.outputBias, keys.feedForwardBias) = (true, false, false)
    return try Decoder("Qwen2", keys, config, head: head, list)
  }
}
