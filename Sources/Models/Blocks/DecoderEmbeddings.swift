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

  func callAsFunction(_ batch: PackedBatch, on tape: Tape) -> Variable {
    var tables = [(table: words, rows: batch.tokenIDs)]
    if let positions { tables.append((positions, batch.positions)) }
    return tape.dropout(tape.embedding(tables, padding: [paddingID]), rate: dropout)
  }
}
