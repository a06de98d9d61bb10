import Checkpoints
import Support
import Tensors

/// The keys of `config.json` that decide BERT's forward pass (transformers' `BertConfig`).
struct BERTConfig {
  let vocabularySize: Int
  let hiddenSize: Int
  let layers: Int
  let heads: Int
  let intermediateSize: Int
  let positions: Int
  let typeVocabularySize: Int
  let eps: Double
  let activation: Activation
  let hiddenDropout: Float
  let attentionDropout: Float
  let classifierDropout: Float

  init(_ config: HuggingFaceConfig, dropout: Double?) throws(CheckpointError) {
    vocabularySize = try config.integer("vocab_size")
    hiddenSize = try config.integer("hidden_size", in: 1...65_536)
    layers = try config.integer("num_hidden_layers", in: 1...1_024)
    heads = try config.integer("num_attention_heads", in: 1...1_024)
    intermediateSize = try config.integer("intermediate_size", in: 1...(1 << 20))
    positions = try config.integer("max_position_embeddings", in: 1...(1 << 20))
    typeVocabularySize = try config.integer("type_vocab_size", in: 1...65_536, default: 2)
    eps = try config.number("layer_norm_eps", in: 0...1, default: 1e-12)
    activation = try config.activation("hidden_act", default: "gelu")
    guard hiddenSize % heads == 0 else {
      throw config.unsupported("num_attention_heads", expected: "a divisor of hidden_size (\(hiddenSize))")
    }
    guard try config.string("position_embedding_type", default: "absolute") == "absolute" else {
      throw config.unsupported("position_embedding_type", expected: "absolute")
    }
    guard try !config.bool("is_decoder", default: false) else {
      throw config.unsupported("is_decoder", expected: "false")
    }
    let (width, wide) = (Double(hiddenSize), Double(intermediateSize))
    try config.requireMemory(
      forParameters: width * Double(vocabularySize + positions + typeVocabularySize)
        + Double(layers) * width * (4 * width + 2 * wide))
    let hidden = try config.number("hidden_dropout_prob", in: 0...0.99, default: 0.1)
    let attention = try config.number("attention_probs_dropout_prob", in: 0...0.99, default: 0.1)
    let classifier = try config.number("classifier_dropout", in: 0...0.99, default: hidden)
    hiddenDropout = Float(dropout ?? hidden)
    attentionDropout = Float(dropout ?? attention)
    classifierDropout = Float(dropout ?? classifier)
  }
}

extension HuggingFaceConfig {
  /// An activation by the name transformers gives it.
  func activation(_ key: String, default fallback: String) throws(CheckpointError) -> Activation {
    switch try string(key, default: fallback) {
    case "gelu": return .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": return .geluTanh
    default: throw unsupported(key, expected: "gelu, gelu_new or gelu_pytorch_tanh")
    }
  }
}
