import Checkpoints
import Tensors

/// The head of GPT-2 and LLaMA: an output for the last token of each sequence, or an output for every token.
struct DecoderHead {
  private let output: LinearLayer
  let kind: HeadKind

  /// The output layer's weight; a language model's has no bias.
  var weight: Parameter { output.weight }

  /// Decoders have every head but those of multiple choice and of masked language models.
  static func supports(_ kind: HeadKind) -> Bool { kind != .multipleChoice && kind != .maskedLanguageModel }

  /// - Parameter embedding: the table that a tied language model uses as its head.
  /// - Throws: ``CheckpointError`` for multiple choice and masked language models, which are for encoders only.
  init(
    _ kind: HeadKind, _ config: HuggingFaceConfig, width: Int, vocabulary: Int, tiedTo embedding: Parameter?,
    _ list: ParameterList
  ) throws(CheckpointError) {
    switch kind {
    case .multipleChoice, .maskedLanguageModel:
      throw try config.unsupported(head: kind, expected: "an encoder, for instance bert or roberta")
    case .classification(let labels):
      output = list.linear("score", .head, out: labels, in: width, bias: false)
    case .regression:
      output = list.linear("score", .head, out: 1, in: width, bias: false)
    case .spanExtraction:
      output = list.linear("qa_outputs", .head, out: 2, in: width)
    case .languageModel:
      output =
        embedding.map { .tied(to: $0) }
        ?? list.linear("lm_head", .head, out: vocabulary, in: width, bias: false)
    }
    self.kind = kind
  }

  /// The rows that the head reads; `nil` for all. The final norm is computed for these rows only.
  func rows(of batch: PackedBatch) -> [Int]? {
    kind == .spanExtraction || kind == .languageModel ? nil : batch.lastTokens
  }

  func callAsFunction(_ rows: Variable, on tape: Tape) -> Variable { output(rows, on: tape) }
}
