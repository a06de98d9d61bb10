extension Tokenizer {
  /// A context and its continuation encoded as one text, so that a piece may form as it would in running text.
  ///
  /// White space at the end of the context counts to the continuation, as in EleutherAI's evaluation harness: pieces
  /// begin with their space. Special tokens go before the text only; a context without any token begins with BOS or EOS.
  ///
  /// - Returns: all ids, and where the continuation's begin.
  /// - Throws: ``TokenizerError`` when a text cannot be tokenized.
  public func encode(context: [UInt8], continuation: [UInt8]) throws(TokenizerError) -> (ids: [Int32], start: Int) {
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    let kept = context.prefix((context.lastIndex { !blanks.contains($0) } ?? -1) + 1)
    let before = template.single.prefix { part in if case .special = part { true } else { false } }
    var ids: [Int32] = before.compactMap { part in if case .special(let id, _) = part { id } else { nil } }
    let first = try tokenize(Array(kept)).count
    if ids.isEmpty, first == 0, let start = bosID ?? eosID { ids = [start] }
    let start = ids.count + first
    ids += try tokenize(context + continuation).map(\.id)
    return (ids, start)
  }
}
