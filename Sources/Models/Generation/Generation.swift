/// The continuation that a model wrote after a prompt.
package struct Generation: Sendable, Equatable {
  package enum Ending: Sendable {
    /// The last token is one of the end tokens.
    case endToken
    /// The text has as many new tokens as were asked for.
    case limit
    /// The model has no further positions.
    case positions
  }

  /// The new tokens, an end token included.
  package let tokens: [Int32]
  package let ending: Ending
  /// Σ log p of the new tokens in nats, divided by the power of their number that ranks beams; see
  /// ``GenerationSettings/lengthPenalty``. For one beam, the sum itself.
  package let score: Double
}

/// How texts are continued. The defaults are those of transformers' `generate` without sampling.
package struct GenerationSettings: Sendable {
  /// The most new tokens for each prompt; `max_new_tokens` in transformers.
  package var limit: Int
  /// The tokens that end a text, e.g. those with a line break; see `CheckpointFolder.endTokens()`.
  package var endTokens: Set<Int32>
  /// The number of texts that are followed at a time for each prompt. With one, each token is the likeliest next one.
  package var beams: Int
  /// The exponent of the number of tokens that the score of a finished beam is divided by. Larger values favour longer
  /// texts.
  package var lengthPenalty: Double
  /// The most prompts that are continued at a time.
  package var batchSize: Int

  package init(
    limit: Int, endTokens: Set<Int32> = [], beams: Int = 1, lengthPenalty: Double = 1, batchSize: Int = .max
  ) {
    (self.limit, self.endTokens, self.beams) = (limit, endTokens, beams)
    (self.lengthPenalty, self.batchSize) = (lengthPenalty, batchSize)
  }
}
