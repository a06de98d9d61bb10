import Checkpoints
import Tensors

/// BERT (Devlin et al., 2019), as transformers' `BertModel` and its heads. MiniLM's encoders belong to this family.
enum BERTFamily: ModelFamily {
  static let modelTypes = ["bert"]

  static func supports(_ head: HeadKind) -> Bool { EncoderHead.supports(head) }

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) -> WeightNames {
    WeightNames(
      basePrefixes: ["bert."], ignoredSuffixes: ["embeddings.position_ids"],
      otherHeads: ["cls.predictions.", "cls.", "classifier.", "qa_outputs.", "pooler."],
      tied: maskedNames.tied(for: head))
  }

  private static let maskedNames = MaskedHeadNames(
    dense: "cls.predictions.transform.dense", norm: "cls.predictions.transform.LayerNorm",
    bias: "cls.predictions.bias", decoder: "cls.predictions.decoder")

  /// The names of a layer's parts, which RoBERTa uses too.
  static let layerNames = EncoderLayerNames(
    query: "attention.self.query", key: "attention.self.key", value: "attention.self.value",
    attentionOutput: "attention.output.dense", attentionNorm: "attention.output.LayerNorm",
    intermediate: "intermediate.dense", output: "output.dense", outputNorm: "output.LayerNorm")

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    let shape = try EncoderConfig(config, dropout: dropout)
    let embeddings = EncoderEmbeddings(shape, "bert.embeddings", list)
    let layers = (0..<shape.layers).map { EncoderLayer(shape, "bert.encoder.layer.\($0)", layerNames, list) }
    let output = try EncoderHead(
      head, config, dense: "bert.pooler.dense", outputDropout: shape.classifierDropout, width: shape.hiddenSize, list
    ) { () throws(CheckpointError) in
      try MaskedLanguageModelHead(maskedNames, config, shape, shape.activation, words: embeddings.words, list)
    }
    return Encoder(
      "Bert" + head.classSuffix, shape, maximumLength: shape.positions, embeddings: embeddings, layers: layers,
      head: output, list)
  }
}
