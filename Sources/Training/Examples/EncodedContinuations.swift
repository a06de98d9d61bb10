import Models
import Tasks
import Tokenization

/// Texts of which a language model predicts the end: answers that follow a context or a prompt.
struct EncodedContinuations: EncodedExamples {
  let data: SplitData
  let truncated: Int
  /// The texts of each example: that of the right answer for training, those of all choices for scoring.
  let texts: [[ScoredText]]
  /// Whether the tokens of the context are predicted too.
  private let predictsContext: Bool

  /// Encodes every example, on all threads.
  ///
  /// - Parameters:
  ///   - maximumLength: longer texts lose their beginning, as in the common evaluation harness; an answer that is
  ///     itself longer loses its end.
  ///   - encode: the texts of an example.
  /// - Throws: ``TaskError`` naming file and line of an example that cannot be encoded or has nothing to predict.
  init(
    _ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int, predictsContext: Bool = false,
    _ encode: (Example) throws(TokenizerError) -> [ScoredText]
  ) throws {
    (self.data, self.predictsContext) = (data, predictsContext)
    var truncated = 0
    let all: [[ScoredText]]
    do throws(BatchTokenizerError) {
      all = try tokenizer.encodeEach(data.examples.count) { (index) throws(TokenizerError) in
        try encode(data.examples[index])
      }
    } catch {
      guard error.exitStatus == .badInput else { throw error.error }
      throw data.fault(data.examples[error.index], error.error.message)
    }
    texts = try zip(data.examples, all).map { example, texts in
      let cut = texts.map { $0.cut(to: maximumLength) }
      if zip(cut, texts).contains(where: { $0.tokens.count < $1.tokens.count }) { truncated += 1 }
      guard cut.allSatisfy({ $0.start >= 1 && $0.start < $0.tokens.count }) else {
        throw data.fault(
          example,
          "an answer needs a token of its own and one before it; expected a text that the tokenizer knows, and a "
            + "context or a tokenizer with a BOS token")
      }
      return cut
    }
    self.truncated = truncated
  }

  var count: Int { texts.count }
  // The last token is predicted but is no input.
  var sequenceLengths: [[Int]] { texts.map { $0.map { $0.tokens.count - 1 } } }

  private func predicted(_ text: ScoredText) -> Range<Int> {
    (predictsContext ? 1 : text.start)..<text.tokens.count
  }

  func append(_ position: Int, to batch: inout PackedBatch) {
    for text in texts[position] { batch.append(text.tokens.dropLast(), predicting: predicted(text)) }
  }

  func targets(_ positions: [Int]) -> HeadTargets {
    .followingTokens(positions.flatMap { texts[$0] }.flatMap { text in text.tokens[predicted(text)].map(Int.init) })
  }
}
