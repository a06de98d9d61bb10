/// Byte offsets of a text as character offsets, and back; characters are Unicode scalars, as in Python's strings and in
/// the answers of SQuAD.
package struct CharacterOffsets: Sendable {
  /// Bytes of the text.
  private let count: Int
  /// For each byte offset, the end included, how many characters start before it; empty for ASCII, where both are equal.
  private let before: [Int32]

  /// - Parameter text: valid UTF-8, as ``Tokenizer/tokenize(_:)`` has checked.
  package init(_ text: [UInt8]) {
    count = text.count
    guard text.contains(where: { $0 >= 0x80 }) else {
      before = []
      return
    }
    var before: [Int32] = []
    before.reserveCapacity(text.count + 1)
    var characters: Int32 = 0
    for byte in text {
      before.append(characters)
      if byte & 0xC0 != 0x80 { characters += 1 }
    }
    before.append(characters)
    self.before = before
  }

  /// Characters of the text.
  package var characters: Int { before.last.map { Int($0) } ?? count }

  /// Characters that the bytes cover.
  ///
  /// - Precondition: the range lies in the text.
  package func characters(_ bytes: Range<Int>) -> Range<Int> {
    precondition(bytes.upperBound <= count)
    guard !before.isEmpty else { return bytes }
    return Int(before[bytes.lowerBound])..<Int(before[bytes.upperBound])
  }

  /// Bytes that the characters cover; `nil` when the range leaves the text.
  package func bytes(_ characters: Range<Int>) -> Range<Int>? {
    guard characters.lowerBound >= 0, characters.upperBound <= self.characters else { return nil }
    return before.isEmpty ? characters : start(characters.lowerBound)..<start(characters.upperBound)
  }

  /// The byte at which a character starts: the last that has no more characters before it.
  private func start(_ character: Int) -> Int {
    var (low, high) = (0, count + 1)
    while low < high {
      let middle = (low + high) / 2
      if before[middle] <= character { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }
}

extension Encoding {
  /// ``spans`` in characters of the texts: transformers' `offset_mapping`, with `0..<0` for special tokens.
  ///
  /// - Precondition: `texts` are those that were encoded.
  package func characterSpans(_ texts: [[UInt8]]) -> [Range<Int>] {
    let offsets = texts.map { CharacterOffsets($0) }
    return zip(spans, sequences).map { $1 < 0 ? 0..<0 : offsets[Int($1)].characters($0) }
  }
}
