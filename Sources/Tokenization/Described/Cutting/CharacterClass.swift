/// A class of characters at which a pre-tokenizer splits.
enum CharacterClass: Sendable, Equatable {
  case whitespace, punctuation, number
  case one(UInt32)

  @inline(__always)
  func contains(_ scalar: UInt32, _ table: CharacterTable) -> Bool {
    switch self {
    case .whitespace: table[scalar].contains(.whitespace)
    case .punctuation: table[scalar].contains(.punctuation)
    case .number: WordCuts.isNumber(scalar, table)
    case .one(let own): scalar == own
    }
  }

  /// The characters of the class, each by itself, and the stretches between them.
  func parts(of text: UnsafeBufferPointer<UInt8>) -> [TextPattern.Part] {
    let table = CharacterTable.shared
    var parts: [TextPattern.Part] = []
    var (at, done) = (0, 0)
    while at < text.count {
      let (scalar, length) = UTF8Text.scalar(text, at)
      if contains(scalar, table) {
        if done < at { parts.append(.init(range: done..<at, isMatch: false)) }
        parts.append(.init(range: at..<at + length, isMatch: true))
        done = at + length
      }
      at += length
    }
    if done < at { parts.append(.init(range: done..<at, isMatch: false)) }
    return parts
  }
}
