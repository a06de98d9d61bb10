import Checkpoints
import Tensors

/// What GPT-2 and LLaMA put on their hidden states: a score of the last token, or an output for every token.
struct DecoderHead {
  private let output: LinearLayer
  let kind: HeadKind

  /// - Parameter embedding: the table that a tied language model uses as its head.
  /// - Throws: ``CheckpointError`` for a multiple choice or a masked language model, which are for encoders only.
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

  /// The rows that the head reads, so that the final norm is spent on no others; `nil`: all.
  func rows(of batch: PackedBatch) -> [Int]? {
    kind == .spanExtraction || kind == .languageModel ? nil : batch.lastTokens
  }

  func callAsFunction(_ rows: Variable, on tape: Tape) -> Variable { output(rows, on: tape) }
}
