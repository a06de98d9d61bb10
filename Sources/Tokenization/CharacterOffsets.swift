/// Converts byte offsets of a text to character offsets, and back.
///
/// Characters are Unicode scalars, as in Python's strings and in the answers of SQuAD.
package struct CharacterOffsets: Sendable {
  /// The length of the text in bytes.
  private let count: Int
  /// For each byte offset, including the end, the number of characters that start before it.
  ///
  /// It is empty for an ASCII text, whose byte and character offsets are equal.
  private let before: [Int32]

  /// - Parameter text: valid UTF-8, for instance a text that ``Tokenizer/tokenize(_:)`` has accepted.
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

  /// The length of the text in characters.
  package var characters: Int { before.last.map { Int($0) } ?? count }

  /// The range of characters that a range of bytes covers.
  ///
  /// - Precondition: the range lies in the text.
  package func characters(_ bytes: Range<Int>) -> Range<Int> {
    precondition(bytes.upperBound <= count)
    guard !before.isEmpty else { return bytes }
    return Int(before[bytes.lowerBound])..<Int(before[bytes.upperBound])
  }

  /// The range of bytes that a range of characters covers; `nil` when the range exceeds the text.
  package func bytes(_ characters: Range<Int>) -> Range<Int>? {
    guard characters.lowerBound >= 0, characters.upperBound <= self.characters else { return nil }
    return before.isEmpty ? characters : start(characters.lowerBound)..<start(characters.upperBound)
  }

  /// The byte at which a character starts: the last offset that has at most `character` characters before it.
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
  /// ``spans`` in characters instead of bytes, as in transformers' `offset_mapping`; `0..<0` for special tokens.
  ///
  /// - Precondition: `texts` are the texts that were encoded, one or two.
  package func characterSpans(_ texts: [[UInt8]]) -> [Range<Int>] {
    let offsets = texts.map { CharacterOffsets($0) }
    return zip(spans, sequences).map { $1 < 0 ? 0..<0 : offsets[Int($1)].characters($0) }
  }
}
