/// Removes leading and trailing spaces from the offsets of tokens, as RoBERTa's post-processor does.
///
/// Source: `process_offsets` of the tokenizers library, whose offsets count characters.
struct OffsetTrimming: Sendable, Equatable {
  /// Whether the tokenizer puts a space before the text. The first token's offsets do not include that space, so they
  /// are not trimmed for it.
  var addsPrefixSpace: Bool

  /// The token with trimmed offsets.
  ///
  /// - Parameter content: the token's bytes; `nil` for an added token, whose bytes are read from the text.
  func trim(_ token: Token, content: [UInt8]?, text: UnsafeBufferPointer<UInt8>, isFirst: Bool) -> Token {
    let leading: Int
    let trailing: Int
    if let content {
      leading = content.prefix { $0 == UInt8(ascii: " ") }.count
      trailing = content.reversed().prefix { $0 == UInt8(ascii: " ") }.count
    } else {
      let scalars = String(decoding: text[token.start..<token.end], as: UTF8.self).unicodeScalars
      leading = scalars.prefix { $0.properties.isWhitespace }.count
      trailing = scalars.reversed().prefix { $0.properties.isWhitespace }.count
    }
    return trim(token, leading, trailing, text: text, isFirst: isFirst)
  }

  /// The token with trimmed offsets, for a token whose entry, or text, is written as the vocabulary has it: `Ġ` stands
  /// for a space.
  func trim(
    _ token: Token, written: ArraySlice<UInt8>, text: UnsafeBufferPointer<UInt8>, isFirst: Bool
  ) -> Token {
    func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.value == 0x120 || scalar.properties.isWhitespace }
    let scalars = String(decoding: written, as: UTF8.self).unicodeScalars
    return trim(
      token, scalars.prefix(while: isBlank).count, scalars.reversed().prefix(while: isBlank).count, text: text,
      isFirst: isFirst)
  }

  private func trim(
    _ token: Token, _ leading: Int, _ trailing: Int, text: UnsafeBufferPointer<UInt8>, isFirst: Bool
  ) -> Token {
    var leading = leading
    if leading == 1, addsPrefixSpace, isFirst || token.start == 0 { leading = 0 }
    var token = token
    for _ in 0..<leading where token.start < token.end {
      token.start += 1
      while token.start < token.end, text[token.start] & 0xC0 == 0x80 { token.start += 1 }
    }
    for _ in 0..<trailing where token.end > token.start {
      token.end -= 1
      while token.end > token.start, text[token.end] & 0xC0 == 0x80 { token.end -= 1 }
    }
    return token
  }
}
