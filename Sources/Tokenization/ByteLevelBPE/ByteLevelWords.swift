/// Cuts text into the words of ``WordPattern/gpt2Expression``.
enum ByteLevelWords {
  enum Class { case letter, number, space, other }

  @inline(__always)
  static func classify(_ scalar: UInt32, _ table: CharacterTable) -> Class {
    let flags = table[scalar]
    if flags.contains(.letter) { return .letter }
    if flags.contains(.number) { return .number }
    return flags.contains(.whitespace) ? .space : .other
  }

  /// The end of the word that starts at `from`, which is before `to`.
  static func end(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, _ table: CharacterTable) -> Int {
    if text[from] == UInt8(ascii: "'"), let end = contraction(text, from, to) { return end }
    var at = from
    var (scalar, length) = UTF8Text.scalar(text, at)
    var kind = classify(scalar, table)
    if text[at] == UInt8(ascii: " "), at + 1 < to {
      // A space belongs to the word after it, unless white space follows.
      let next = UTF8Text.scalar(text, at + 1)
      let nextKind = classify(next.value, table)
      if nextKind != .space {
        at += 1
        (scalar, length) = next
        kind = nextKind
      }
    }
    if kind == .space { return spaces(text, from, to, table) }
    repeat {
      at += length
      guard at < to else { return at }
      (scalar, length) = UTF8Text.scalar(text, at)
    } while classify(scalar, table) == kind
    return at
  }

  /// The end of a run of white space. If the run has several characters and a word follows, the last one is left out,
  /// because it belongs to the next cut.
  private static func spaces(
    _ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, _ table: CharacterTable
  ) -> Int {
    var at = from
    var last = from
    while at < to {
      let (scalar, length) = UTF8Text.scalar(text, at)
      guard table[scalar].contains(.whitespace) else { return last > from ? last : at }
      last = at
      at += length
    }
    return at
  }

  private static func contraction(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int) -> Int? {
    guard from + 1 < to else { return nil }
    switch text[from + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return from + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return from + 2 < to && text[from + 2] == UInt8(ascii: "e") ? from + 3 : nil
    case UInt8(ascii: "l"): return from + 2 < to && text[from + 2] == UInt8(ascii: "l") ? from + 3 : nil
    default: return nil
    }
  }
}
