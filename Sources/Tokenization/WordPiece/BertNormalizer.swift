/// BERT's normalisation: cleans text, puts spaces around ideographs, strips accents and lower-cases.
///
/// Source: `BertNormalizer` of the tokenizers library.
package struct BertNormalizer: Sendable {
  /// Whether control characters are dropped and white space is replaced by spaces.
  package var cleansText = true
  package var separatesIdeographs = true
  package var stripsAccents = true
  package var lowersCase = true

  package init() {}

  /// The normalised form of valid UTF-8 text.
  package func normalized(_ text: [UInt8]) -> [UInt8] {
    text.withUnsafeBufferPointer { normalize($0, 0..<$0.count, asciiTable: asciiTable()).bytes }
  }

  /// The normalised form of an ASCII byte; `nil` when the byte is dropped.
  private func ascii(_ byte: UInt8, _ table: CharacterTable) -> UInt8? {
    let flags = table[UInt32(byte)]
    if cleansText {
      if flags.contains(.control) { return nil }
      if flags.contains(.whitespace) { return UInt8(ascii: " ") }
    }
    return lowersCase && flags.contains(.lowered) ? byte | 0x20 : byte
  }

  /// The normalised form of each ASCII byte, 0xFF for a byte that is dropped. Each tokenizer builds the table once.
  func asciiTable() -> [UInt8] {
    (0..<128).map { ascii($0, .shared) ?? 0xFF }
  }

  /// Normalises the bytes `range` of valid UTF-8.
  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, asciiTable: [UInt8]
  ) -> NormalizedText {
    let table = CharacterTable.shared
    var out = NormalizedText(capacity: range.count + range.count / 8)
    /// Characters with a combining class that wait for canonical ordering. The array is nearly always empty.
    var waiting: [Waiting] = []
    var at = range.lowerBound
    while at < range.upperBound {
      let byte = text[at]
      if byte < 0x80 {
        if !waiting.isEmpty { flush(&waiting, &out, table) }
        let mapped = asciiTable[Int(byte)]
        if mapped != 0xFF { out.append(mapped, at, at + 1) }
        at += 1
        continue
      }
      let (scalar, length) = UTF8Text.scalar(text, at)
      append(scalar, at, at + length, &out, &waiting, table)
      at += length
    }
    flush(&waiting, &out, table)
    return out
  }

  private struct Waiting {
    var scalar: UInt32
    var combiningClass: UInt8
    var start: Int
    var end: Int
  }

  private func append(
    _ scalar: UInt32, _ start: Int, _ end: Int, _ out: inout NormalizedText, _ waiting: inout [Waiting],
    _ table: CharacterTable
  ) {
    let flags = table[scalar]
    if cleansText {
      if flags.contains(.control) { return }
      if flags.contains(.whitespace) {
        flush(&waiting, &out, table)
        out.append(UInt8(ascii: " "), start, end)
        return
      }
    }
    let isolated = separatesIdeographs && flags.contains(.ideograph)
    if isolated {
      flush(&waiting, &out, table)
      out.append(UInt8(ascii: " "), start, end)
    }
    if !stripsAccents {
      appendLowered(scalar, start, end, &out, table)
    } else if flags.contains(.canonical) {
      for part in table.canonicalDecomposition(scalar) { strip(part, start, end, &out, &waiting, table) }
    } else {
      strip(scalar, start, end, &out, &waiting, table)
    }
    if isolated {
      flush(&waiting, &out, table)
      out.append(UInt8(ascii: " "), start, end)
    }
  }

  /// Appends one decomposed character.
  ///
  /// A non-spacing mark is dropped, but does not end a run of combining characters.
  private func strip(
    _ scalar: UInt32, _ start: Int, _ end: Int, _ out: inout NormalizedText, _ waiting: inout [Waiting],
    _ table: CharacterTable
  ) {
    let flags = table[scalar]
    if flags.contains(.nonspacing) { return }
    if flags.contains(.reordered) {
      waiting.append(
        Waiting(scalar: scalar, combiningClass: table.combiningClass(scalar), start: start, end: end))
      return
    }
    flush(&waiting, &out, table)
    appendLowered(scalar, start, end, &out, table)
  }

  /// Appends the waiting run in canonical order: by class, and in the order of the text within a class.
  private func flush(_ waiting: inout [Waiting], _ out: inout NormalizedText, _ table: CharacterTable) {
    guard !waiting.isEmpty else { return }
    let ordered = waiting.enumerated().sorted {
      ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
    }
    for (_, item) in ordered { appendLowered(item.scalar, item.start, item.end, &out, table) }
    waiting.removeAll(keepingCapacity: true)
  }

  @inline(__always)
  private func appendLowered(
    _ scalar: UInt32, _ start: Int, _ end: Int, _ out: inout NormalizedText, _ table: CharacterTable
  ) {
    if lowersCase, table[scalar].contains(.lowered) {
      for part in table.lowerCase(scalar) { out.append(scalar: part, start, end) }
    } else {
      out.append(scalar: scalar, start, end)
    }
  }
}
