import Checkpoints
import Tensors

/// The names of the parts of a masked language model's head.
struct MaskedHeadNames {
  let dense: String
  let norm: String
  /// The bias of the vocabulary entries, which has a name outside the decoder.
  let bias: String
  /// The name of the decoder in files that store it although it is tied to the word embeddings.
  let decoder: String

  /// The decoder's weight is tied to the word embeddings, and its bias to ``bias``.
  func tied(for head: HeadKind) -> [TiedWeights] {
    let isRead = head == .maskedLanguageModel
    return [
      TiedWeights(embedding: "embeddings.word_embeddings.weight", head: decoder + ".weight", readsHead: isRead),
      TiedWeights(embedding: bias, head: decoder + ".bias", readsHead: isRead),
    ]
  }
}

/// Applies a dense layer, an activation and a norm to every token, then multiplies with the transposed word embeddings
/// and adds a bias.
struct MaskedLanguageModelHead {
  private let dense: LinearLayer
  private let activation: Activation
  private let norm: LayerNormLayer
  private let decoder: LinearLayer

  /// - Parameter words: the word embeddings, `[vocabulary, embeddingSize]`.
  /// - Throws: ``CheckpointError`` for a config that unties the decoder.
  init(
    _ names: MaskedHeadNames, _ config: HuggingFaceConfig, _ keys: EncoderConfig, _ activation: Activation,
    words: Parameter, _ list: ParameterList
  ) throws(CheckpointError) {
    guard try config.bool("tie_word_embeddings", default: true) else {
      throw config.unsupported("tie_word_embeddings", expected: "true for a masked language model")
    }
    dense = list.linear(names.dense, .head, out: keys.embeddingSize, in: keys.hiddenSize)
    norm = list.layerNorm(names.norm, width: keys.embeddingSize, eps: keys.eps, isOfHead: true)
    decoder = .tied(to: words, bias: list.make(names.bias, .bias, [keys.vocabularySize], isOfHead: true))
    self.activation = activation
  }

  func callAsFunction(_ hidden: Variable, on tape: Tape) -> Variable {
    decoder(norm(dense(hidden, activation, on: tape), on: tape), on: tape)
  }
}
