/// ALBERT's tokenizer. Special tokens in the text are kept; the rest is normalised, and a SentencePiece model cuts it.
package struct AlbertTokenizer: Tokenizer {
  package let vocabularySize: Int
  package let template: SpecialTokenTemplate
  package let special: SpecialTokens
  package let givesTypeIDs: Bool

  private let model: SentencePieceModel
  private let normalizer: AlbertNormalizer
  private let added: AddedTokens

  init(
    model: SentencePieceModel, normalizer: AlbertNormalizer, added: [AddedToken], special: SpecialTokens,
    template: SpecialTokenTemplate, givesTypeIDs: Bool
  ) {
    self.model = model
    self.normalizer = normalizer
    self.added = AddedTokens(added)
    self.special = special
    self.template = template
    self.givesTypeIDs = givesTypeIDs
    vocabularySize = max(model.size, Int(added.map(\.id).max() ?? 0) + 1)
  }

  package func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token] {
    try UTF8Text.check(text)
    let result = text.withUnsafeBufferPointer { text -> Result<[Token], TokenizerError> in
      Result { () throws(TokenizerError) in
        var tokens: [Token] = []
        for piece in added.split(text, 0..<text.count) {
          if let id = piece.id {
            tokens.append(Token(id: id, start: piece.range.lowerBound, end: piece.range.upperBound))
          } else {
            try append(normalizer.normalize(text, piece.range), &tokens)
          }
        }
        return tokens
      }
    }
    return try result.get()
  }

  /// Appends the pieces of one normalised stretch.
  ///
  /// The offsets of a piece do not include its leading spaces. A piece of spaces alone has the offsets of the character
  /// after it, or an empty range at the end of the stretch.
  private func append(_ clean: NormalizedText, _ tokens: inout [Token]) throws(TokenizerError) {
    let pieces = try model.encode(clean.bytes)
    for piece in pieces {
      var from = piece.start
      var to = piece.end
      while from < to, clean.bytes[from] == UInt8(ascii: " ") { from += 1 }
      if from == to { to = min(from + 1, clean.bytes.count) }
      tokens.append(
        from < to ? clean.token(piece.id, from, to) : Token(id: piece.id, start: end(clean), end: end(clean)))
    }
  }

  private func end(_ clean: NormalizedText) -> Int { Int(clean.ends.last ?? 0) }

  package func decode(_ ids: [Int32]) -> [UInt8] {
    model.decode(ids.filter { added.token(id: $0)?.isSpecial != true })
  }
}
