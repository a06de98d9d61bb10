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

  /// The tokens, as indices in ``tokenIDs``, whose outputs a language model's head computes; `nil` for all. They are
  /// set where only some tokens are predicted, e.g. those of an answer.
  package private(set) var predictingTokens: [Int]?

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

  /// Appends a sequence of which only some tokens are predicted.
  ///
  /// - Parameter predicted: the positions in the sequence of the predicted tokens, from 1. Each is predicted by the
  ///   token before it. The last may be the token after the sequence, which no other token needs as an input.
  package mutating func append(_ ids: [Int32], predicting predicted: Range<Int>) {
    precondition(predicted.lowerBound >= 1 && predicted.upperBound <= ids.count + 1)
    let first = tokenCount
    append(ids)
    predictingTokens = (predictingTokens ?? []) + predicted.map { first + $0 - 1 }
  }

  /// Appends a sequence that continues an earlier one of this batch. Several may continue the same; it is then computed
  /// once for all of them. Decoders only, and without gradient.
  mutating func append(_ ids: [Int32], after prefix: Int) {
    append(ids, position: Int(positions[offsets[prefix + 1] - 1]) + 1)
    prefixes[sequenceCount - 1] = prefix
  }

  /// `nil` when no sequence continues another.
  var past: AttentionPast? { prefixes.contains { $0 != nil } ? .inBatch(prefixes: prefixes) : nil }

  /// The id of a virtual token, which no table has.
  static let virtualID: Int32 = -1

  /// The rows of a batch in which virtual tokens come before each sequence that nothing else comes before.
  func virtualRows(_ count: Int) -> VirtualRows {
    VirtualRows(count, offsets: offsets) { prefixes[$0] == nil && positions[offsets[$0]] == 0 }
  }

  /// The batch with virtual tokens put in at some rows, and the positions of its own tokens after them.
  func adding(_ rows: VirtualRows) -> PackedBatch {
    var batch = after(rows.count)
    batch.tokenIDs = Array(repeating: PackedBatch.virtualID, count: rows.offsets.last ?? 0)
    batch.typeIDs = Array(repeating: 0, count: batch.tokenIDs.count)
    batch.positions = batch.typeIDs
    for (token, row) in rows.own.enumerated() {
      (batch.tokenIDs[row], batch.typeIDs[row]) = (tokenIDs[token], typeIDs[token])
      batch.positions[row] = positions[token] + Int32(rows.count)
    }
    for sequence in 0..<sequenceCount {
      let virtual = rows.offsets[sequence + 1] - rows.offsets[sequence] - (offsets[sequence + 1] - offsets[sequence])
      for index in 0..<virtual { batch.positions[rows.offsets[sequence] + index] = Int32(index) }
    }
    batch.offsets = rows.offsets
    batch.predictingTokens = predictingTokens?.map { rows.own[$0] }
    return batch
  }

  /// The batch with its tokens at later positions.
  func after(_ count: Int) -> PackedBatch {
    var batch = self
    batch.positions = positions.map { $0 + Int32(count) }
    return batch
  }

  package var tokenCount: Int { tokenIDs.count }
  package var sequenceCount: Int { offsets.count - 1 }
  /// The index in ``tokenIDs`` of each sequence's first token.
  package var firstTokens: [Int] { Array(offsets.dropLast()) }
  /// The index in ``tokenIDs`` of each sequence's last token.
  package var lastTokens: [Int] { offsets.dropFirst().map { $0 - 1 } }
}
