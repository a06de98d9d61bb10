import Checkpoints
import Tensors

/// RoBERTa (Liu et al., 2019), its distilled variants and XLM-RoBERTa, which is the same model.
///
/// The layers are BERT's. Positions are counted from the number after the padding token's, and sequence classification
/// has a head of its own.
enum RoBERTaFamily: ModelFamily {
  static let modelTypes = ["roberta", "xlm-roberta"]

  static func supports(_ head: HeadKind) -> Bool { EncoderHead.supports(head) }

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) -> WeightNames {
    WeightNames(
      basePrefixes: ["roberta."], ignoredSuffixes: ["embeddings.position_ids"],
      otherHeads: ["lm_head.", "classifier.", "qa_outputs.", "pooler."],
      tied: maskedNames.tied(for: head))
  }

  private static let maskedNames = MaskedHeadNames(
    dense: "lm_head.dense", norm: "lm_head.layer_norm", bias: "lm_head.bias", decoder: "lm_head.decoder")

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    let keys = try EncoderConfig(config, dropout: dropout, defaults: .init(paddingID: 1))
    let padding = try config.integer("pad_token_id", in: 0...(1 << 24), default: 1)
    guard padding < keys.positions - 1 else {
      throw config.unsupported("max_position_embeddings", expected: "more than pad_token_id + 1 (\(padding + 1))")
    }
    let embeddings = EncoderEmbeddings(keys, "roberta.embeddings", list, paddingPosition: Int32(padding)) { batch in
      RoBERTaFamily.positions(of: batch, padding: Int32(padding))
    }
    let layers = (0..<keys.layers).map {
      EncoderLayer(keys, "roberta.encoder.layer.\($0)", BERTFamily.layerNames, list)
    }
    // Multiple choice reads BERT's pooler, while classification has a head of its own.
    let pools = head == .multipleChoice
    let output = try EncoderHead(
      head, config, dense: pools ? "roberta.pooler.dense" : "classifier.dense",
      output: pools ? "classifier" : "classifier.out_proj", denseDropout: pools ? 0 : keys.classifierDropout,
      outputDropout: pools ? keys.hiddenDropout : keys.classifierDropout, width: keys.hiddenSize, list
    ) { () throws(CheckpointError) in
      // This head's activation is gelu, whatever the config says.
      try MaskedLanguageModelHead(maskedNames, config, keys, .gelu, words: embeddings.words, list)
    }
    let isMultilingual = try config.string("model_type") == "xlm-roberta"
    return Encoder(
      (isMultilingual ? "XLMRoberta" : "Roberta") + head.classSuffix, keys,
      maximumLength: keys.positions - padding - 1, embeddings: embeddings, layers: layers, head: output, list)
  }

  /// The row of the position table for each token, counted from `padding` + 1 in each sequence. A padding token in the
  /// text takes row `padding` and is not counted.
  private static func positions(of batch: PackedBatch, padding: Int32) -> [Int32] {
    guard batch.tokenIDs.contains(padding) else { return batch.positions.map { $0 + padding + 1 } }
    var rows: [Int32] = []
    var counted: Int32 = 0
    let starts = Set(batch.firstTokens)
    for (index, (token, position)) in zip(batch.tokenIDs, batch.positions).enumerated() {
      // A sequence begins later where virtual tokens come before it.
      if starts.contains(index) { counted = position }
      if token != padding { counted += 1 }
      rows.append(token == padding ? padding : padding + counted)
    }
    return rows
  }
}
