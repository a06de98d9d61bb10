import Checkpoints
import Support

/// The keys of `config.json` that LLaMA-like families share. These models have rotary positions, grouped heads, RMS
/// norms and a gated feed-forward.
struct DecoderConfig {
  let vocabularySize: Int
  let hiddenSize: Int
  let layers: Int
  let heads: Int
  let keyValueHeads: Int
  let headSize: Int
  let intermediateSize: Int
  let positions: Int
  /// The token whose embedding is never trained; `nil` when there is none.
  let paddingID: Int32?
  let eps: Double
  let tiesEmbeddings: Bool
  /// Whether the query, key and value projections have a bias.
  var projectionBias: Bool
  /// Whether the attention's output projection has a bias.
  var outputBias: Bool
  var feedForwardBias: Bool
  let attentionDropout: Float
  /// Radians per position for each pair of a head's elements, after rope scaling.
  let inverseFrequencies: [Double]

  init(_ config: HuggingFaceConfig, dropout: Double?) throws(CheckpointError) {
    vocabularySize = try config.integer("vocab_size")
    hiddenSize = try config.integer("hidden_size", in: 1...65_536)
    layers = try config.integer("num_hidden_layers", in: 1...1_024)
    heads = try config.integer("num_attention_heads", in: 1...1_024)
    keyValueHeads = try config.integer("num_key_value_heads", in: 1...1_024, default: heads)
    intermediateSize = try config.integer("intermediate_size", in: 1...(1 << 20))
    positions = try config.integer("max_position_embeddings", in: 1...(1 << 24), default: 2_048)
    paddingID = try config.paddingID(default: nil, below: vocabularySize)
    eps = try config.number("rms_norm_eps", in: 0...1, default: 1e-6)
    tiesEmbeddings = try config.bool("tie_word_embeddings", default: false)
    projectionBias = try config.bool("attention_bias", default: false)
    outputBias = projectionBias
    feedForwardBias = try config.bool("mlp_bias", default: false)
    let ownDropout = try config.number("attention_dropout", in: 0...0.99, default: 0)
    attentionDropout = Float(dropout ?? ownDropout)
    guard heads % keyValueHeads == 0 else {
      throw config.unsupported("num_key_value_heads", expected: "a divisor of num_attention_heads (\(heads))")
    }
    if hiddenSize % heads != 0, config.json["head_dim"] == nil {
      throw config.unsupported("num_attention_heads", expected: "a divisor of hidden_size (\(hiddenSize))")
    }
    headSize = try config.integer("head_dim", in: 2...65_536, default: max(2, hiddenSize / heads))
    guard headSize % 2 == 0 else { throw config.unsupported("head_dim", expected: "an even number") }
    guard try config.string("hidden_act", default: "silu") == "silu" else {
      throw config.unsupported("hidden_act", expected: "silu")
    }
    inverseFrequencies = try RotaryFrequencies.read(config, headSize: headSize)
  }
}
