import Checkpoints
import Support
import Tensors

/// The keys of `config.json` that BERT, RoBERTa and ALBERT share.
struct EncoderConfig {
  /// The defaults in which the families differ, from transformers' configuration classes.
  struct Defaults {
    var activation = "gelu"
    var dropout = 0.1
    var classifierDropoutKey = "classifier_dropout"
    /// `nil` stands for the dropout rate of the hidden states.
    var classifierDropout: Double?
    var paddingID = 0
  }

  let vocabularySize: Int
  /// The width of the embeddings, which differs from ``hiddenSize`` in ALBERT.
  var embeddingSize: Int
  let hiddenSize: Int
  let layers: Int
  let heads: Int
  let intermediateSize: Int
  let positions: Int
  let typeVocabularySize: Int
  /// The token whose embedding is never trained; `nil` when there is none.
  let paddingID: Int32?
  let eps: Double
  let activation: Activation
  let hiddenDropout: Float
  /// The dropout rate of a layer's feed-forward output.
  var feedForwardDropout: Float
  let attentionDropout: Float
  let classifierDropout: Float

  init(_ config: HuggingFaceConfig, dropout: Double?, defaults: Defaults = Defaults()) throws(CheckpointError) {
    vocabularySize = try config.integer("vocab_size")
    hiddenSize = try config.integer("hidden_size", in: 1...65_536)
    embeddingSize = hiddenSize
    layers = try config.integer("num_hidden_layers", in: 1...1_024)
    heads = try config.integer("num_attention_heads", in: 1...1_024)
    intermediateSize = try config.integer("intermediate_size", in: 1...(1 << 20))
    positions = try config.integer("max_position_embeddings", in: 1...(1 << 20))
    typeVocabularySize = try config.integer("type_vocab_size", in: 1...65_536, default: 2)
    paddingID = try config.paddingID(default: defaults.paddingID, below: vocabularySize)
    eps = try config.number("layer_norm_eps", in: 0...1, default: 1e-12)
    activation = try config.activation("hidden_act", default: defaults.activation)
    guard hiddenSize % heads == 0 else {
      throw config.unsupported("num_attention_heads", expected: "a divisor of hidden_size (\(hiddenSize))")
    }
    guard try config.string("position_embedding_type", default: "absolute") == "absolute" else {
      throw config.unsupported("position_embedding_type", expected: "absolute")
    }
    for key in ["is_decoder", "add_cross_attention"] {
      guard try !config.bool(key, default: false) else { throw config.unsupported(key, expected: "false") }
    }
    let hidden = try config.number("hidden_dropout_prob", in: 0...0.99, default: defaults.dropout)
    let attention = try config.number("attention_probs_dropout_prob", in: 0...0.99, default: defaults.dropout)
    let classifier = try config.number(
      defaults.classifierDropoutKey, in: 0...0.99, default: defaults.classifierDropout ?? hidden)
    hiddenDropout = Float(dropout ?? hidden)
    feedForwardDropout = hiddenDropout
    attentionDropout = Float(dropout ?? attention)
    classifierDropout = Float(dropout ?? classifier)
  }
}

extension HuggingFaceConfig {
  /// The token of `pad_token_id`; `nil` for an explicit `null`, for −1 and for a token outside the vocabulary.
  func paddingID(default fallback: Int?, below vocabulary: Int) throws(CheckpointError) -> Int32? {
    if json["pad_token_id"]?.isNull == true { return nil }
    // In old files, -1 means that there is no padding token. torch would count negative ids from the end of the table.
    let id = try integer("pad_token_id", in: -1...(1 << 24), default: fallback ?? -1)
    return id >= 0 && id < vocabulary ? Int32(id) : nil
  }

  /// The activation that a key names in transformers' words, e.g. `gelu_new`.
  func activation(_ key: String, default fallback: String) throws(CheckpointError) -> Activation {
    switch try string(key, default: fallback) {
    case "gelu": return .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": return .geluTanh
    default: throw unsupported(key, expected: "gelu, gelu_new or gelu_pytorch_tanh")
    }
  }
}
