import Checkpoints

/// LLaMA (Touvron et al., 2023), as transformers' `LlamaModel` and the heads on it.
enum LLaMAFamily: ModelFamily {
  static let modelTypes = ["llama"]

  static func supports(_ head: HeadKind) -> Bool { DecoderHead.supports(head) }

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames {
    try .decoder(config, head: head)
  }

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    try Decoder("Llama", DecoderConfig(config, dropout: dropout), config, head: head, list)
  }
}
