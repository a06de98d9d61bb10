import Tensors

/// Word embeddings, and learned position embeddings where a family has them.
struct DecoderEmbeddings {
  let words: Parameter
  /// The number of rows of ``words``, known even when no weights are allocated.
  let vocabularySize: Int
  /// The token whose embedding is never trained; `nil` when there is none.
  var paddingID: Int32?
  var positions: Parameter?
  var dropout: Float = 0

  /// - Parameters:
  ///   - prompt: the embeddings of the batch's virtual tokens.
  func callAsFunction(_ batch: PackedBatch, _ prompt: (Parameter, VirtualRows)?, on tape: Tape) -> Variable {
    var tables = [(table: words, rows: batch.tokenIDs)]
    if let positions { tables.append((positions, batch.positions)) }
    var sum = tape.embedding(tables, padding: [paddingID])
    if let (table, rows) = prompt { sum = tape.addVirtual(table, to: sum, at: rows) }
    return tape.dropout(sum, rate: dropout)
  }
}
