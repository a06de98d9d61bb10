import Checkpoints
import Tensors

/// The head of BERT, RoBERTa and ALBERT, on the last hidden states.
enum EncoderHead {
  /// A dense layer with tanh on the first token (the pooler, or RoBERTa's own layer), then an output layer.
  case firstToken(FirstTokenHead)
  /// An output layer on every token.
  case everyToken(LinearLayer)
  case masked(MaskedLanguageModelHead)

  /// Encoders have every head but that of a causal language model.
  static func supports(_ kind: HeadKind) -> Bool { kind != .languageModel }

  /// - Parameters:
  ///   - dense: the name of the dense layer in ``firstToken(_:)``.
  ///   - output: the name of the output layer in ``firstToken(_:)``.
  ///   - denseDropout: the dropout rate before the dense layer.
  ///   - outputDropout: the dropout rate before the output layer.
  ///   - masked: makes the head of a masked language model. It is called for that `kind` only.
  /// - Throws: ``CheckpointError`` for a causal language model, because encoders also see the tokens that follow.
  init(
    _ kind: HeadKind, _ config: HuggingFaceConfig, dense: String, output: String = "classifier",
    denseDropout: Float = 0, outputDropout: Float, width: Int, _ list: ParameterList,
    masked: () throws(CheckpointError) -> MaskedLanguageModelHead
  ) throws(CheckpointError) {
    switch kind {
    case .languageModel:
      throw try config.unsupported(head: kind, expected: "a decoder, for instance gpt2 or llama")
    case .maskedLanguageModel:
      self = .masked(try masked())
    case .spanExtraction:
      self = .everyToken(list.linear("qa_outputs", .head, out: 2, in: width))
    case .classification, .regression, .multipleChoice:
      var labels = 1
      if case .classification(let count) = kind { labels = count }
      self = .firstToken(
        FirstTokenHead(
          dense: list.linear(dense, .head, out: width, in: width),
          output: list.linear(output, .head, out: labels, in: width), denseDropout: denseDropout,
          outputDropout: outputDropout))
    }
  }

  /// The tokens whose hidden states the head reads; `nil` for all.
  func rows(of batch: PackedBatch) -> [Int]? {
    if case .firstToken = self { batch.firstTokens } else { nil }
  }

  /// - Parameter hidden: the last hidden states of the tokens in ``rows(of:)``.
  func callAsFunction(_ hidden: Variable, on tape: Tape) -> Variable {
    switch self {
    case .firstToken(let head): head(hidden, on: tape)
    case .everyToken(let output): output(hidden, on: tape)
    case .masked(let head): head(hidden, on: tape)
    }
  }
}

struct FirstTokenHead {
  let dense: LinearLayer
  let output: LinearLayer
  let denseDropout: Float
  let outputDropout: Float

  /// - Parameter hidden: the last hidden states of the first tokens.
  func callAsFunction(_ hidden: Variable, on tape: Tape) -> Variable {
    let first = tape.dropout(hidden, rate: denseDropout)
    return output(tape.dropout(tape.tanh(dense(first, on: tape)), rate: outputDropout), on: tape)
  }
}
