import Checkpoints
import Tensors

/// ALBERT (Lan et al., 2020). Narrow embeddings are mapped to the layers' width, and few layers are applied many times.
enum ALBERTFamily: ModelFamily {
  static let modelTypes = ["albert"]

  static func supports(_ head: HeadKind) -> Bool { EncoderHead.supports(head) }

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) -> WeightNames {
    WeightNames(
      basePrefixes: ["albert."], ignoredSuffixes: ["embeddings.position_ids"],
      otherHeads: ["predictions.", "sop_classifier.", "classifier.", "qa_outputs.", "pooler."],
      tied: maskedNames.tied(for: head))
  }

  private static let maskedNames = MaskedHeadNames(
    dense: "predictions.dense", norm: "predictions.LayerNorm", bias: "predictions.bias",
    decoder: "predictions.decoder")

  private static let layerNames = EncoderLayerNames(
    query: "attention.query", key: "attention.key", value: "attention.value", attentionOutput: "attention.dense",
    attentionNorm: "attention.LayerNorm", intermediate: "ffn", output: "ffn_output",
    outputNorm: "full_layer_layer_norm")

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    var shape = try EncoderConfig(
      config, dropout: dropout,
      defaults: .init(
        activation: "gelu_new", dropout: 0, classifierDropoutKey: "classifier_dropout_prob", classifierDropout: 0.1))
    shape.embeddingSize = try config.integer("embedding_size", in: 1...65_536, default: 128)
    // The reference defines a dropout for the feed-forward output and never applies it.
    shape.feedForwardDropout = 0
    let groups = try config.integer("num_hidden_groups", in: 1...1_024, default: 1)
    let inner = try config.integer("inner_group_num", in: 1...64, default: 1)
    guard groups <= shape.layers else {
      throw config.unsupported("num_hidden_groups", expected: "at most num_hidden_layers (\(shape.layers))")
    }
    let embeddings = EncoderEmbeddings(shape, "albert.embeddings", list)
    let mapping = list.linear(
      "albert.encoder.embedding_hidden_mapping_in", .matrix, out: shape.hiddenSize, in: shape.embeddingSize)
    let groupLayers = (0..<groups).map { group in
      (0..<inner).map {
        EncoderLayer(shape, "albert.encoder.albert_layer_groups.\(group).albert_layers.\($0)", layerNames, list)
      }
    }
    let layers = (0..<shape.layers).flatMap { groupLayers[$0 * groups / shape.layers] }
    let output = try EncoderHead(
      head, config, dense: "albert.pooler", outputDropout: shape.classifierDropout, width: shape.hiddenSize, list
    ) { () throws(CheckpointError) in
      try MaskedLanguageModelHead(
        maskedNames, config, shape, shape.activation, words: embeddings.words, list)
    }
    return Encoder(
      "Albert" + head.classSuffix, shape, maximumLength: shape.positions, embeddings: embeddings, mapping: mapping,
      layers: layers, head: output, list)
  }
}
