import Checkpoints
import Foundation
import Support

/// The keys of `config.json` that decide LLaMA's forward pass (transformers' `LlamaConfig`).
struct LLaMAConfig {
  let vocabularySize: Int
  let hiddenSize: Int
  let layers: Int
  let heads: Int
  let keyValueHeads: Int
  let headSize: Int
  let intermediateSize: Int
  let positions: Int
  /// Token whose embedding is never trained.
  let paddingID: Int32?
  let eps: Double
  let tiesEmbeddings: Bool
  let attentionBias: Bool
  let feedForwardBias: Bool
  let attentionDropout: Float
  /// Radians a position for each pair of a head, after rope scaling.
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
    attentionBias = try config.bool("attention_bias", default: false)
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

/// Rotary frequencies, as transformers' `modeling_rope_utils` computes them.
enum RotaryFrequencies {
  static func read(_ config: HuggingFaceConfig, headSize: Int) throws(CheckpointError) -> [Double] {
    // transformers 5 writes rope_parameters; before it, rope_theta and rope_scaling.
    let (new, old) = (try config.object("rope_parameters"), try config.object("rope_scaling"))
    if let old, new != nil, old != new {
      throw .unsupported(
        path: config.path, what: "rope_scaling:", found: JSON.object(old).summary,
        expected: "none beside rope_parameters, which say otherwise")
    }
    if let inner = new?["rope_theta"]?.double {
      let outer = try config.number("rope_theta", in: 1...1e12, default: inner)
      guard outer == inner else {
        throw .unsupported(
          path: config.path, what: "rope_theta:", found: "\(outer)", expected: "\(inner), as in rope_parameters")
      }
    }
    var scaling = config
    for member in (new ?? old ?? JSONObject()).members { scaling.set(member.key.description, member.value) }
    let theta = try scaling.number("rope_theta", in: 1...1e12, default: 10_000)
    let plain = (0..<headSize / 2).map { 1 / pow(theta, Double(2 * $0) / Double(headSize)) }
    let kind = try scaling.string("rope_type", default: scaling.string("type", default: "default"))
    switch kind {
    case "default": return plain
    case "linear":
      let factor = try scaling.number("factor", in: 1e-3...1e6)
      return plain.map { $0 / factor }
    case "llama3":
      let factor = try scaling.number("factor", in: 1e-3...1e6)
      let low = try scaling.number("low_freq_factor", in: 1e-3...1e6)
      let high = try scaling.number("high_freq_factor", in: 1e-3...1e6)
      let original = Double(try scaling.integer("original_max_position_embeddings"))
      return plain.map { frequency in
        let wavelength = 2 * Double.pi / frequency
        if wavelength < original / high { return frequency }
        if wavelength > original / low { return frequency / factor }
        let smooth = (original / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
      }
    default:
      throw .unsupported(
        path: config.path, what: "rope_type", found: kind, expected: "default, linear or llama3")
    }
  }
}
