import Checkpoints

/// Mistral (Jiang et al., 2023), as transformers' `MistralModel` and the heads on it: LLaMA with a window.
enum MistralFamily: ModelFamily {
  static let modelTypes = ["mistral"]

  static func supports(_ head: HeadKind) -> Bool { DecoderHead.supports(head) }

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames {
    try .decoder(config, head: head)
  }

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    var keys = try DecoderConfig(
      config, dropout: dropout, defaults: .init(keyValueHeads: 8, positions: 131_072))
    // The class does not read the keys of LLaMA's biases.
    (keys.projectionBias, keys.outputBias, keys.feedForwardBias) = (false, false, false)
    try keys.keepWithinWindow(config, default: 4_096)
    return try Decoder("Mistral", keys, config, head: head, spanBase: "model", list)
  }
}
