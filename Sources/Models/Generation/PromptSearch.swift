/// A next token that a search may choose.
struct Candidate {
  let token: Int32
  /// In nats.
  let logProbability: Double
}

/// The search for one prompt's continuation. It follows one text or several, the search's tails.
protocol PromptSearch {
  /// The number of likeliest tokens that ``choose(from:)`` needs of each tail.
  var candidates: Int { get }
  /// The tails that go on, and the token that each is extended by; empty when the search has ended.
  var next: [(tail: Int, token: Int32)] { get }
  /// Chooses the next tokens.
  ///
  /// - Parameter rows: the likeliest tokens after each tail of ``next``, the likeliest first; at first those after the
  ///   prompt, for which every tail is empty.
  /// - Returns: the tails to be replaced by copies of others before they are extended. No tail is both replaced and
  ///   copied.
  mutating func choose(from rows: [[Candidate]]) -> [(source: Int, target: Int)]
  /// What was found.
  var result: Generation { get }
}

/// When a text ends.
struct EndRule {
  /// The most new tokens.
  let limit: Int
  let endTokens: Set<Int32>
  /// Whether ``limit`` is given by the model's positions.
  let isByPositions: Bool

  /// Whether a text that ends with `token` and has `count` new tokens is complete.
  func ends(_ token: Int32, count: Int) -> Bool { count >= limit || endTokens.contains(token) }

  func ending(of tokens: [Int32]) -> Generation.Ending {
    if let last = tokens.last, endTokens.contains(last) { return .endToken }
    return isByPositions ? .positions : .limit
  }
}
