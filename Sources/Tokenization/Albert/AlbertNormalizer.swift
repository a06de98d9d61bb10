/// Normalises quotes, accents, case and white space before ALBERT's SentencePiece model reads the text.
///
/// Source: `AlbertTokenizer` of transformers 5.
package struct AlbertNormalizer: Sendable {
  package var keepsAccents = false
  package var lowersCase = true

  package init() {}

  /// The normalised form of valid UTF-8 text.
  package func normalized(_ text: [UInt8]) -> [UInt8] {
    text.withUnsafeBufferPointer { normalize($0, 0..<$0.count).bytes }
  }

  func normalize(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> NormalizedText {
    let table = CharacterTable.shared
    var out = NormalizedText(capacity: range.count + range.count / 8)
    var at = range.lowerBound
    while at < range.upperBound {
      let byte = text[at]
      if byte == UInt8(ascii: "`") || byte == UInt8(ascii: "'"), at + 1 < range.upperBound, text[at + 1] == byte {
        // In the reference, the double quote has the offsets of the second of the two characters.
        out.append(UInt8(ascii: "\""), at + 1, at + 2)
        at += 2
        continue
      }
      let (scalar, length) = UTF8Text.scalar(text, at)
      let flags = table[scalar]
      if !keepsAccents, !flags.isDisjoint(with: [.canonical, .compatibility]) {
        for part in table.compatibilityDecomposition(scalar) { append(part, at, at + length, &out, table) }
      } else {
        append(scalar, at, at + length, &out, table)
      }
      at += length
    }
    return out
  }

  @inline(__always)
  private func append(_ scalar: UInt32, _ start: Int, _ end: Int, _ out: inout NormalizedText, _ table: CharacterTable)
  {
    let flags = table[scalar]
    if !keepsAccents, flags.contains(.combining) { return }
    if flags.contains(.whitespace) {
      out.append(UInt8(ascii: " "), start, end)
    } else if lowersCase, flags.contains(.lowered) {
      for part in table.lowerCase(scalar) { out.append(scalar: part, start, end) }
    } else {
      out.append(scalar: scalar, start, end)
    }
  }
}
