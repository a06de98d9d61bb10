/// A text whose end is to be scored.
package struct ScoredText: Sendable, Equatable {
  /// The tokens of context and continuation, encoded together where the boundary matters to the tokenizer.
  package let tokens: [Int32]
  /// The index in ``tokens`` of the continuation's first token.
  package let start: Int

  package init(tokens: [Int32], start: Int) { (self.tokens, self.start) = (tokens, start) }

  package init(context: [Int32], continuation: [Int32]) {
    self.init(tokens: context + continuation, start: context.count)
  }

  /// The text without the beginning of its context, where it has more tokens than a model can predict. Where the
  /// continuation alone is too long, the last token of the context and the continuation's beginning are kept.
  ///
  /// The last token is never an input, so that one token more than the model has positions for is kept. Source:
  /// `_loglikelihood_tokens` of lm-evaluation-harness.
  /// - Parameter positions: the model's positions.
  package func cut(to positions: Int) -> ScoredText {
    let surplus = tokens.count - positions - 1
    guard surplus > 0 else { return self }
    let dropped = min(surplus, max(0, start - 1))
    return ScoredText(tokens: Array(tokens.dropFirst(dropped).prefix(positions + 1)), start: start - dropped)
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
