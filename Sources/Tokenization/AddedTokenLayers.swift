import Support

/// A tokenizer's added tokens in two layers.
///
/// Literal tokens are searched for first, in the original text. The rest are searched for in the stretches between the
/// literal ones, after normalisation.
struct AddedTokenLayers: Sendable {
  let literal: AddedTokens
  let normalized: AddedTokens
  let largestID: Int32

  /// - Parameter normalize: normalises the content of a token, so that the token can be found in normalised text.
  init(_ added: [AddedToken], normalize: (ByteString) -> ByteString = { $0 }) {
    literal = AddedTokens(added.filter { !$0.isNormalized })
    normalized = AddedTokens(
      added.filter(\.isNormalized).map { token in
        var token = token
        token.content = normalize(token.content)
        return token
      })
    largestID = added.map(\.id).max() ?? 0
  }

  func token(id: Int32) -> AddedToken? { literal.token(id: id) ?? normalized.token(id: id) }

  /// Cuts the text into pieces that cover it.
  ///
  /// This is for tokenizers without a normaliser, which match both layers in the original text.
  func split(_ text: UnsafeBufferPointer<UInt8>) -> [AddedTokens.Piece] {
    literal.split(text, 0..<text.count).flatMap { $0.id == nil ? normalized.split(text, $0.range) : [$0] }
  }

  /// The tokens of a text, for tokenizers that normalise.
  ///
  /// - Parameters:
  ///   - normalize: normalises a stretch of the text between two literal tokens.
  ///   - append: adds the tokens of a range of normalised text in which no added token stands.
  /// - Throws: ``TokenizerError`` when the text is not valid UTF-8 or too long.
  func tokens(
    of text: [UInt8], normalize: (UnsafeBufferPointer<UInt8>, Range<Int>) -> NormalizedText,
    append: (NormalizedText, UnsafeBufferPointer<UInt8>, Range<Int>, inout [Token]) -> Void
  ) throws(TokenizerError) -> [Token] {
    try UTF8Text.check(text)
    return text.withUnsafeBufferPointer { text in
      var tokens: [Token] = []
      tokens.reserveCapacity(text.count / 3 + 4)
      for piece in literal.split(text, 0..<text.count) {
        if let id = piece.id {
          tokens.append(Token(id: id, start: piece.range.lowerBound, end: piece.range.upperBound))
          continue
        }
        let clean = normalize(text, piece.range)
        clean.bytes.withUnsafeBufferPointer { bytes in
          for part in normalized.split(bytes, 0..<bytes.count) {
            if let id = part.id {
              tokens.append(clean.token(id, part.range.lowerBound, part.range.upperBound))
            } else {
              append(clean, bytes, part.range, &tokens)
            }
          }
        }
      }
      return tokens
    }
  }

  /// The decoded text of an added token, empty for a special token; `nil` when the id belongs to no added token.
  func decoded(_ id: Int32) -> [UInt8]? { token(id: id).map { $0.isSpecial ? [] : $0.content.bytes } }
}
