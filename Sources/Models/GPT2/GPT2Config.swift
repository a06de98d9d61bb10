import Checkpoints
import Support
import Tensors

/// The keys of `config.json` that decide GPT-2's forward pass (transformers' `GPT2Config`).
struct GPT2Config {
  let vocabularySize: Int
  let hiddenSize: Int
  let layers: Int
  let heads: Int
  let innerSize: Int
  let positions: Int
  let eps: Double
  let activation: Activation
  let tiesEmbeddings: Bool
  let scalesAttention: Bool
  let scalesByLayer: Bool
  let embeddingDropout: Float
  let attentionDropout: Float
  let residualDropout: Float

  init(_ config: HuggingFaceConfig, dropout: Double?) throws(CheckpointError) {
    vocabularySize = try config.integer("vocab_size")
    hiddenSize = try config.integer("n_embd", in: 1...65_536)
    layers = try config.integer("n_layer", in: 1...1_024)
    heads = try config.integer("n_head", in: 1...1_024)
    innerSize = try config.integer("n_inner", in: 1...(1 << 20), default: 4 * hiddenSize)
    positions = try config.integer("n_positions", in: 1...(1 << 20))
    eps = try config.number("layer_norm_epsilon", in: 0...1, default: 1e-5)
    activation = try config.activation("activation_function", default: "gelu_new")
    tiesEmbeddings = try config.bool("tie_word_embeddings", default: true)
    scalesAttention = try config.bool("scale_attn_weights", default: true)
    scalesByLayer = try config.bool("scale_attn_by_inverse_layer_idx", default: false)
    // reorder_and_upcast_attn is not read, because it changes half precision only.
    guard hiddenSize % heads == 0 else {
      throw config.unsupported("n_head", expected: "a divisor of n_embd (\(hiddenSize))")
    }
    guard try !config.bool("add_cross_attention", default: false) else {
      throw config.unsupported("add_cross_attention", expected: "false")
    }
    func rate(_ key: String) throws(CheckpointError) -> Float {
      let own = try config.number(key, in: 0...0.99, default: 0.1)
      return Float(dropout ?? own)
    }
    embeddingDropout = try rate("embd_pdrop")
    attentionDropout = try rate("attn_pdrop")
    residualDropout = try rate("resid_pdrop")
  }

  /// The factor of the attention scores in layer `index`, from 0.
  func attentionScale(_ index: Int) -> Float {
    let scale = scalesAttention ? 1 / Double(hiddenSize / heads).squareRoot() : 1
    return Float(scalesByLayer ? scale / Double(index + 1) : scale)
  }
}
