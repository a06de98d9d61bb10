/// Some tokens of a packed batch: those whose outputs are computed where not all are needed.
///
/// For example, a classifier reads the first token of each sequence only, so that the last layer computes no other.
package struct TokenRows: Sendable {
  /// The tokens, as indices in the batch, in ascending order.
  package let tokens: [Int]
  /// For each sequence of the batch, the index in ``tokens`` of its first one, and the count at the end.
  let offsets: [Int]
  /// For each of ``tokens``, how many tokens of its sequence come before it.
  let positions: [Int]

  /// - Parameter offsets: the first token of each sequence, and the token count at the end.
  /// - Returns: `nil` when these are all tokens, or when they are not in ascending order.
  package init?(_ tokens: [Int], offsets batch: [Int]) {
    guard tokens.count < batch.last ?? 0, zip(tokens, tokens.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
    self.tokens = tokens
    var (starts, places) = ([0], [Int]())
    for (first, end) in zip(batch, batch.dropFirst()) {
      while places.count < tokens.count, tokens[places.count] < end { places.append(tokens[places.count] - first) }
      starts.append(places.count)
    }
    precondition(places.count == tokens.count, "a token outside the batch")
    (offsets, positions) = (starts, places)
  }
}
