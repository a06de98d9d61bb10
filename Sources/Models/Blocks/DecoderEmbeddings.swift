import Tensors

/// Word embeddings, plus those of learned positions where a family has them.
struct DecoderEmbeddings {
  let words: Parameter
  /// Rows of ``words``, also where nothing is allocated.
  let vocabularySize: Int
  /// Token whose embedding is never trained.
  var paddingID: Int32?
  var positions: Parameter?
  var dropout: Float = 0

  func callAsFunction(_ batch: PackedBatch, on tape: Tape) -> Variable {
    var tables = [(table: words, rows: batch.tokenIDs)]
    if let positions { tables.append((positions, batch.positions)) }
    return tape.dropout(tape.embedding(tables, padding: [paddingID]), rate: dropout)
  }
}
