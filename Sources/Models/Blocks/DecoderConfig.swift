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
  /// The longest sequence. Where tokens see a window of those before them only, it is no longer than the window, within
  /// which they see all.
  private(set) var positions: Int
  /// The token whose embedding is never trained; `nil` when there is none.
  let paddingID: Int32?
  let eps: Double
  let tiesEmbeddings: Bool
  /// Whether the query, key and value projections have a bias.
  var projectionBias: Bool
  /// Whether the attention's output projection has a bias.
  var outputBias: Bool
  var feedForwardBias: Bool
  /// Whether the heads of query and key are normalized before they are rotated.
  var normalizesHeads = false
  let attentionDropout: Float
  /// Radians per position for each pair of a head's elements, after rope scaling.
  let inverseFrequencies: [Double]

  /// What a family's class in transformers takes for keys that a config lacks.
  struct Defaults {
    /// `nil` for the number of heads.
    var keyValueHeads: Int?
    var positions = 2_048
    /// `nil` for the width over the number of heads.
    var headSize: Int?
  }

  init(_ config: HuggingFaceConfig, dropout: Double?, defaults: Defaults = Defaults()) throws(CheckpointError) {
    vocabularySize = try config.integer("vocab_size")
    hiddenSize = try config.integer("hidden_size", in: 1...65_536)
    layers = try config.integer("num_hidden_layers", in: 1...1_024)
    heads = try config.integer("num_attention_heads", in: 1...1_024)
    keyValueHeads = try config.integer("num_key_value_heads", in: 1...1_024, default: defaults.keyValueHeads ?? heads)
    intermediateSize = try config.integer("intermediate_size", in: 1...(1 << 20))
    positions = try config.integer("max_position_embeddings", in: 1...(1 << 24), default: defaults.positions)
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
    if hiddenSize % heads != 0, config.json["head_dim"] == nil, defaults.headSize == nil {
      throw config.unsupported("num_attention_heads", expected: "a divisor of hidden_size (\(hiddenSize))")
    }
    headSize = try config.integer("head_dim", in: 2...65_536, default: defaults.headSize ?? max(2, hiddenSize / heads))
    guard headSize % 2 == 0 else { throw config.unsupported("head_dim", expected: "an even number") }
    guard try config.string("hidden_act", default: "silu") == "silu" else {
      throw config.unsupported("hidden_act", expected: "silu")
    }
    inverseFrequencies = try RotaryFrequencies.read(config, headSize: headSize)
  }

  /// Keeps sequences within the window of `sliding_window`, in which a token sees all tokens before it.
  ///
  /// - Parameter fallback: the window of a config without the key; `nil` for none.
  mutating func keepWithinWindow(_ config: HuggingFaceConfig, default fallback: Int?) throws(CheckpointError) {
    if config.json["sliding_window"] == nil {
      positions = min(positions, fallback ?? positions)
    } else if config.json["sliding_window"]?.isNull == false {
      positions = min(positions, try config.integer("sliding_window", in: 1...(1 << 30)))
    }
  }
}
