/// Cuts text into the words of ``WordPattern/llama3Expression`` and ``WordPattern/qwen2Expression``.
enum LlamaWords {
  /// The end of the word that starts at `from`, which is before `to`.
  ///
  /// - Parameter mostNumbers: the most number characters of one word.
  @inline(__always)
  static func end(
    _ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, _ table: CharacterTable, mostNumbers: Int
  ) -> Int {
    if text[from] == UInt8(ascii: "'"), let end = contraction(text, from, to) { return end }
    let (scalar, length) = UTF8Text.scalar(text, from)
    let kind = ByteLevelWords.classify(scalar, table)
    let second = from + length
    if kind == .letter { return run(of: .letter, text, second, to, table) }
    if kind == .number { return numbers(text, second, to, table, more: mostNumbers - 1) }
    if second < to {
      let next = ByteLevelWords.classify(UTF8Text.scalar(text, second).value, table)
      // One character of any other kind, except a line end, belongs to the letters after it.
      if next == .letter, !isLineEnd(text[from]) { return run(of: .letter, text, second, to, table) }
      if next == .other, text[from] == UInt8(ascii: " ") {
        return lineEnds(text, run(of: .other, text, second, to, table), to)
      }
    }
    if kind == .other { return lineEnds(text, run(of: .other, text, second, to, table), to) }
    return spaces(text, from, to, table)
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") }

  private static func run(
    of kind: ByteLevelWords.Class, _ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, _ table: CharacterTable
  ) -> Int {
    var at = from
    while at < to {
      let (scalar, length) = UTF8Text.scalar(text, at)
      guard ByteLevelWords.classify(scalar, table) == kind else { break }
      at += length
    }
    return at
  }

  /// The end of a run of number characters, of which the first lies before `from` and at most `more` follow.
  private static func numbers(
    _ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, _ table: CharacterTable, more: Int
  ) -> Int {
    var at = from
    for _ in 0..<more where at < to {
      let (scalar, length) = UTF8Text.scalar(text, at)
      guard ByteLevelWords.classify(scalar, table) == .number else { break }
      at += length
    }
    return at
  }

  private static func lineEnds(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int) -> Int {
    var at = from
    while at < to, isLineEnd(text[at]) { at += 1 }
    return at
  }

  /// The end of a run of white space, or of its last line end if it has one.
  ///
  /// A run without line ends leaves out its last character if it has several and a word follows.
  private static func spaces(
    _ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, _ table: CharacterTable
  ) -> Int {
    var (at, last) = (from, from)
    var afterLineEnd: Int?
    while at < to {
      let (scalar, length) = UTF8Text.scalar(text, at)
      guard table[scalar].contains(.whitespace) else { break }
      last = at
      if isLineEnd(text[at]) { afterLineEnd = at + 1 }
      at += length
    }
    if let afterLineEnd { return afterLineEnd }
    return at < to && last > from ? last : at
  }

  /// The end of a contraction such as `'re` or `'RE`; the long s (U+017F) counts as an s.
  private static func contraction(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int) -> Int? {
    guard from + 1 < to else { return nil }
    let second = text[from + 1] | 0x20
    let third = from + 2 < to ? text[from + 2] : 0
    switch second {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return from + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return third | 0x20 == UInt8(ascii: "e") ? from + 3 : nil
    case UInt8(ascii: "l"): return third | 0x20 == UInt8(ascii: "l") ? from + 3 : nil
    default: return text[from + 1] == 0xC5 && third == 0xBF ? from + 3 : nil
    }
  }
}
