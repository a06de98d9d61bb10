import Support
import Tensors

/// A text whose end is to be scored.
package struct ScoredText: Sendable {
  /// The tokens of context and continuation, encoded together where the boundary matters to the tokenizer.
  package let tokens: [Int32]
  /// The index in ``tokens`` of the continuation's first token.
  package let start: Int

  package init(tokens: [Int32], start: Int) { (self.tokens, self.start) = (tokens, start) }

  package init(context: [Int32], continuation: [Int32]) {
    self.init(tokens: context + continuation, start: context.count)
  }
}

/// How likely a model finds a continuation.
package struct Likelihood: Sendable, Equatable {
  /// Σ log p(token | all before it) over the continuation, in nats.
  package let logLikelihood: Double
  /// Whether each token of the continuation is the likeliest one at its position.
  package let isGreedy: Bool
  /// The number of tokens in the continuation.
  package let tokens: Int
}

/// Zero-shot scoring by a language model, as `loglikelihood` in EleutherAI's evaluation harness.
package struct LikelihoodScoring {
  private let model: Decoder

  /// - Throws: ``GenerationError/notALanguageModel(architecture:)``.
  package init(_ model: any Model) throws(GenerationError) {
    self.model = try model.languageModel()
  }

  /// - Parameter batchSize: the number of texts in a batch, which bounds memory. Nothing is padded, so the batch size
  ///   does not change a score.
  /// - Returns: one score for each text.
  /// - Throws: ``GenerationError`` for a text that is too long, outside the vocabulary or without context, and for a
  ///   score that is not finite.
  package func scores(_ texts: [ScoredText], batchSize: Int = 32) throws(GenerationError) -> [Likelihood] {
    for (index, text) in texts.enumerated() {
      try model.check(text.tokens, index: index)
      guard text.start >= 1, text.start < text.tokens.count else { throw .noContext(index: index) }
    }
    var all: [Likelihood] = []
    for first in stride(from: 0, to: texts.count, by: max(1, batchSize)) {
      all += try scores(texts[first..<min(first + max(1, batchSize), texts.count)])
    }
    return all
  }

  private func scores(_ texts: ArraySlice<ScoredText>) throws(GenerationError) -> [Likelihood] {
    var (batch, rows, targets) = (PackedBatch(), [Int](), [Int]())
    for text in texts {
      let first = batch.tokenCount
      batch.append(text.tokens)
      for position in text.start..<text.tokens.count {
        rows.append(first + position - 1)
        targets.append(Int(text.tokens[position]))
      }
    }
    let logits = model.logits(batch, rows: rows, cache: nil, on: Tape(isTraining: false)).value
    let found = logits.logProbabilities(of: targets)
    var (result, next) = ([Likelihood](), 0)
    for (index, text) in zip(texts.indices, texts) {
      let own = found[next..<next + text.tokens.count - text.start]
      next += own.count
      let sum = own.reduce(0.0) { $0 + $1.value }
      guard sum.isFinite else { throw .notFinite(index: index) }
      result.append(Likelihood(logLikelihood: sum, isGreedy: own.allSatisfy { $0.isHighest }, tokens: own.count))
    }
    return result
  }
}
