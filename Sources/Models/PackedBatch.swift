import Tensors

/// Sequences laid end to end without padding. For example, sequences of three and two tokens have the positions
/// `[0, 1, 2, 0, 1]` and the offsets `[0, 3, 5]`.
package struct PackedBatch: Sendable {
  /// Token ids of all sequences.
  package private(set) var tokenIDs: [Int32] = []
  /// The segment of each token: 1 in the second text of a pair, else 0.
  package private(set) var typeIDs: [Int32] = []
  /// The position of each token in its sequence, from 0.
  package private(set) var positions: [Int32] = []
  /// The first token of each sequence, and the token count at the end.
  package private(set) var offsets: [Int] = [0]
  /// For each sequence, the earlier sequence whose tokens come before its own.
  private var prefixes: [Int?] = []

  package init() {}

  package init(_ sequences: [[Int32]]) {
    for sequence in sequences { append(sequence) }
  }

  /// Appends a sequence. Without `types`, all its type ids are 0.
  ///
  /// - Parameter position: the position of the first token, which is more than 0 when a cache holds earlier tokens.
  package mutating func append(_ ids: [Int32], typeIDs types: [Int32]? = nil, position: Int = 0) {
    precondition(!ids.isEmpty, "a sequence holds at least one token")
    tokenIDs += ids
    typeIDs += types ?? Array(repeating: 0, count: ids.count)
    positions += (Int32(position)..<Int32(position + ids.count))
    offsets.append(tokenIDs.count)
    prefixes.append(nil)
  }

  /// Appends a sequence that continues an earlier one of this batch. Several may continue the same; it is then computed
  /// once for all of them. Decoders only, and without gradient.
  mutating func append(_ ids: [Int32], after prefix: Int) {
    append(ids, position: Int(positions[offsets[prefix + 1] - 1]) + 1)
    prefixes[sequenceCount - 1] = prefix
  }

  /// `nil` when no sequence continues another.
  var past: AttentionPast? { prefixes.contains { $0 != nil } ? .inBatch(prefixes: prefixes) : nil }

  package var tokenCount: Int { tokenIDs.count }
  package var sequenceCount: Int { offsets.count - 1 }
  /// The index in ``tokenIDs`` of each sequence's first token.
  package var firstTokens: [Int] { Array(offsets.dropLast()) }
  /// The index in ``tokenIDs`` of each sequence's last token.
  package var lastTokens: [Int] { offsets.dropFirst().map { $0 - 1 } }
}
