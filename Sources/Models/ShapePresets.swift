import Checkpoints
import Support

/// The Hugging Face config of a model shape that users can name, e.g. `llama-60m`.
package struct ShapePreset: Sendable {
  package let name: String
  package let config: HuggingFaceConfig
  /// The head that goes with the shape: a language model for GPT-2 and LLaMA, and a classification of two labels for
  /// BERT.
  package let head: HeadKind
}

/// The model shapes that the papers on our optimizers use.
///
/// - GPT-2 of 117 M, 345 M and 1.1 B parameters (Radford et al., 2019).
/// - BERT base and large (Devlin et al., 2019), and Megatron's BERT of 345 M parameters, whose vocabulary is padded to
///   a multiple of 128.
/// - LLaMA of 60 M to 7 B parameters (Zhao et al., GaLore, 2024).
package enum ShapePresets {
  package static let all: [ShapePreset] = [
    gpt2("gpt2-117m", width: 768, layers: 12, heads: 12),
    gpt2("gpt2-345m", width: 1_024, layers: 24, heads: 16),
    gpt2("gpt2-1.1b", width: 1_408, layers: 36, heads: 22),
    bert("bert-base", width: 768, layers: 12, heads: 12, vocabulary: 30_522),
    bert("bert-large", width: 1_024, layers: 24, heads: 16, vocabulary: 30_522),
    bert("bert-345m", width: 1_024, layers: 24, heads: 16, vocabulary: 30_592),
    llama("llama-60m", width: 512, inner: 1_376, heads: 8, layers: 8),
    llama("llama-130m", width: 768, inner: 2_048, heads: 12, layers: 12),
    llama("llama-350m", width: 1_024, inner: 2_736, heads: 16, layers: 24),
    llama("llama-1b", width: 2_048, inner: 5_461, heads: 32, layers: 24),
    llama("llama-7b", width: 4_096, inner: 11_008, heads: 32, layers: 32),
  ]

  package static var names: [String] { all.map(\.name) }

  /// - Returns: `nil` when no preset has this name.
  package static func named(_ name: String) -> ShapePreset? { all.first { $0.name == name } }

  private static func gpt2(_ name: String, width: Int, layers: Int, heads: Int) -> ShapePreset {
    let config: KeyValuePairs<String, JSON> = [
      "architectures": .array([.text("GPT2LMHeadModel")]), "model_type": .text("gpt2"),
      "activation_function": .text("gelu_new"), "attn_pdrop": .real(0.1), "bos_token_id": .integer(50_256),
      "embd_pdrop": .real(0.1), "eos_token_id": .integer(50_256), "initializer_range": .real(0.02),
      "layer_norm_epsilon": .real(1e-5), "n_embd": .integer(width), "n_head": .integer(heads), "n_inner": .null,
      "n_layer": .integer(layers), "n_positions": .integer(1_024), "resid_pdrop": .real(0.1),
      "tie_word_embeddings": .bool(true), "vocab_size": .integer(50_257),
    ]
    return preset(name, config, .languageModel)
  }

  private static func bert(_ name: String, width: Int, layers: Int, heads: Int, vocabulary: Int) -> ShapePreset {
    let config: KeyValuePairs<String, JSON> = [
      "architectures": .array([.text("BertModel")]), "model_type": .text("bert"),
      "attention_probs_dropout_prob": .real(0.1), "hidden_act": .text("gelu"), "hidden_dropout_prob": .real(0.1),
      "hidden_size": .integer(width), "initializer_range": .real(0.02), "intermediate_size": .integer(4 * width),
      "layer_norm_eps": .real(1e-12), "max_position_embeddings": .integer(512), "num_attention_heads": .integer(heads),
      "num_hidden_layers": .integer(layers), "pad_token_id": .integer(0), "type_vocab_size": .integer(2),
      "vocab_size": .integer(vocabulary),
    ]
    return preset(name, config, .classification(labels: 2))
  }

  private static func llama(_ name: String, width: Int, inner: Int, heads: Int, layers: Int) -> ShapePreset {
    let config: KeyValuePairs<String, JSON> = [
      "architectures": .array([.text("LlamaForCausalLM")]), "model_type": .text("llama"), "bos_token_id": .integer(1),
      "eos_token_id": .integer(2), "hidden_act": .text("silu"), "hidden_size": .integer(width),
      "initializer_range": .real(0.02), "intermediate_size": .integer(inner),
      "max_position_embeddings": .integer(2_048), "num_attention_heads": .integer(heads),
      "num_hidden_layers": .integer(layers), "num_key_value_heads": .integer(heads), "rms_norm_eps": .real(1e-6),
      "rope_theta": .real(10_000), "tie_word_embeddings": .bool(false), "vocab_size": .integer(32_000),
    ]
    return preset(name, config, .languageModel)
  }

  private static func preset(_ name: String, _ config: KeyValuePairs<String, JSON>, _ head: HeadKind) -> ShapePreset {
    ShapePreset(name: name, config: HuggingFaceConfig(JSONObject(config), origin: "preset \(name)"), head: head)
  }
}
