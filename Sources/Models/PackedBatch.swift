/// Sequences laid end to end without padding.
package struct PackedBatch: Sendable {
  /// Token ids of all sequences.
  package private(set) var tokenIDs: [Int32] = []
  /// Segment of each token: 0, or 1 in the second text of a pair.
  package private(set) var typeIDs: [Int32] = []
  /// Position of each token in its sequence, from 0.
  package private(set) var positions: [Int32] = []
  /// First token of each sequence, and the token count at the end.
  package private(set) var offsets: [Int] = [0]

  package init() {}

  package init(_ sequences: [[Int32]]) {
    for sequence in sequences { append(sequence) }
  }

  /// Appends a sequence; without type ids all are 0.
  ///
  /// - Parameter position: of its first token; more than 0 where a cache holds what was before.
  package mutating func append(_ ids: [Int32], typeIDs types: [Int32]? = nil, position: Int = 0) {
    precondition(!ids.isEmpty, "a sequence holds at least one token")
    tokenIDs += ids
    typeIDs += types ?? Array(repeating: 0, count: ids.count)
    positions += (Int32(position)..<Int32(position + ids.count))
    offsets.append(tokenIDs.count)
  }

  package var tokenCount: Int { tokenIDs.count }
  package var sequenceCount: Int { offsets.count - 1 }
  package var firstTokens: [Int] { Array(offsets.dropLast()) }
  package var lastTokens: [Int] { offsets.dropFirst().map { $0 - 1 } }
}
