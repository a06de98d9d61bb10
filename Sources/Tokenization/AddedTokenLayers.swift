import Support

/// A tokenizer's added tokens: those found in the text as it is, then, between them, those found in normalised text.
struct AddedTokenLayers: Sendable {
  let literal: AddedTokens
  let normalized: AddedTokens
  let largestID: Int32

  /// - Parameter normalize: what a normaliser makes of a token's content.
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

  /// Pieces that cover the text, for tokenizers that match both layers in the text itself.
  func split(_ text: UnsafeBufferPointer<UInt8>) -> [AddedTokens.Piece] {
    literal.split(text, 0..<text.count).flatMap { $0.id == nil ? normalized.split(text, $0.range) : [$0] }
  }

  /// What an added token stands for in decoded text, nothing for a special one; `nil` when the id is no added token.
  func decoded(_ id: Int32) -> [UInt8]? { token(id: id).map { $0.isSpecial ? [] : $0.content.bytes } }
}
