import Checkpoints
import Tensors

/// What BERT, RoBERTa and ALBERT put on their last hidden states: a dense layer with tanh on the first token (the
/// pooler, or RoBERTa's own), then the output; span extraction has the output only, on every token.
struct EncoderHead {
  private let dense: LinearLayer?
  private let output: LinearLayer
  private let denseDropout: Float
  private let outputDropout: Float

  /// - Parameters:
  ///   - dense: name of the dense layer of heads on the first token.
  ///   - output: name of their output layer.
  ///   - denseDropout: rate before the dense layer.
  ///   - outputDropout: rate before the output layer.
  /// - Throws: ``CheckpointError`` for a language model: encoders see what follows.
  init(
    _ kind: HeadKind, _ config: HuggingFaceConfig, dense: String, output: String = "classifier",
    denseDropout: Float = 0, outputDropout: Float, width: Int, _ list: ParameterList
  ) throws(CheckpointError) {
    switch kind {
    case .languageModel:
      throw try config.unsupported(head: kind, expected: "a decoder, for instance gpt2 or llama")
    case .spanExtraction:
      self.dense = nil
      self.output = list.linear("qa_outputs", .head, out: 2, in: width)
    case .classification, .regression, .multipleChoice:
      self.dense = list.linear(dense, .head, out: width, in: width)
      var labels = 1
      if case .classification(let count) = kind { labels = count }
      self.output = list.linear(output, .head, out: labels, in: width)
    }
    (self.denseDropout, self.outputDropout) = (denseDropout, outputDropout)
  }

  func callAsFunction(_ hidden: Variable, _ batch: PackedBatch, on tape: Tape) -> Variable {
    guard let dense else { return output(hidden, on: tape) }
    let first = tape.dropout(tape.gatherRows(hidden, rows: batch.firstTokens), rate: denseDropout)
    return output(tape.dropout(tape.tanh(dense(first, on: tape)), rate: outputDropout), on: tape)
  }
}
