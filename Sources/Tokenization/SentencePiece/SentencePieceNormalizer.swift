/// A SentencePiece model's own normalisation, which applies its character map and writes `▁` for a space.
///
/// Source: `normalizer.cc` of sentencepiece.
struct SentencePieceNormalizer: Sendable {
  private let map: CharacterMap?
  private let userDefined: ByteTrie
  private let removesExtraBlanks: Bool
  private let blankBefore: Bool
  private let blankAfter: Bool
  private let blank: [UInt8]
  /// Whether each byte is a space, or begins a user-defined symbol or a rule; all other bytes are copied.
  private let isSpecial: [Bool]
  /// Whether each byte is ASCII and copied unless a non-ASCII byte follows.
  ///
  /// A letter before a combining mark, for example, may begin a rule.
  private let isPlainBeforeASCII: [Bool]

  /// - Parameter userDefined: the user-defined symbols, which are kept as they are.
  init(_ spec: SentencePieceSpec, userDefined: ByteTrie) {
    map = spec.characterMap
    self.userDefined = userDefined
    removesExtraBlanks = spec.removesExtraBlanks
    blankBefore = spec.addsDummyPrefix && !spec.blankAsSuffix
    blankAfter = spec.addsDummyPrefix && spec.blankAsSuffix
    blank = spec.escapesBlanks ? Array("▁".utf8) : [UInt8(ascii: " ")]
    let map = map
    isPlainBeforeASCII = (UInt8.min...UInt8.max).map { byte in
      byte < 0x80 && byte != UInt8(ascii: " ") && userDefined.child(ByteTrie.root, byte) == nil
        && map?.matters(byte) != true
    }
    isSpecial = (UInt8.min...UInt8.max).map { byte in
      byte == UInt8(ascii: " ") || userDefined.child(ByteTrie.root, byte) != nil || map?.begins(byte) == true
    }
  }

  /// Normalised text, in the form in which the model's pieces are written.
  struct Output {
    var bytes: [UInt8] = []
    /// For each byte, and for the end, the byte offset in the original text where its source starts.
    var starts: [Int32] = []

    @inline(__always)
    fileprivate mutating func append(_ byte: UInt8, _ at: Int) {
      bytes.append(byte)
      starts.append(Int32(truncatingIfNeeded: at))
    }

    fileprivate mutating func append(blank: [UInt8], _ at: Int) {
      for byte in blank { append(byte, at) }
    }
  }

  func normalize(_ text: UnsafeBufferPointer<UInt8>) -> Output {
    var out = Output()
    out.bytes.reserveCapacity(text.count + text.count / 2 + 8)
    out.starts.reserveCapacity(text.count + text.count / 2 + 8)
    var at = removesExtraBlanks ? leadingBlanks(text) : 0
    guard at < text.count else {
      out.starts = [0]
      return out
    }
    if blankBefore { out.append(blank: blank, at) }
    var afterBlank = removesExtraBlanks
    while at < text.count {
      if isPlainBeforeASCII[Int(text[at])], at + 1 == text.count || text[at + 1] < 0x80 {
        out.append(text[at], at)
        at += 1
        afterBlank = false
      } else if !isSpecial[Int(text[at])] {
        out.append(text[at], at)
        at += 1
        // Continuation bytes of a character begin no rule, so they are copied with the character's offset.
        while at < text.count, text[at] & 0xC0 == 0x80 {
          out.append(text[at], at - 1)
          out.starts[out.starts.count - 1] = out.starts[out.starts.count - 2]
          at += 1
        }
        afterBlank = false
      } else if let symbol = userDefined.longest(text, at, text.count) {
        append(text[at..<symbol.end], at, &afterBlank, &out)
        at = symbol.end
      } else if let map, let rule = map.longest(text, at) {
        append(map.text(rule.replacement), at, &afterBlank, &out)
        at += rule.length
      } else {
        let length = UTF8Text.scalar(text, at).length
        append(text[at..<at + length], at, &afterBlank, &out)
        at += length
      }
    }
    if removesExtraBlanks { at = dropTrailingBlanks(&out, at) }
    if blankAfter { out.append(blank: blank, at) }
    out.starts.append(Int32(truncatingIfNeeded: at))
    return out
  }

  /// Appends a replacement, without its leading spaces if `afterBlank`.
  @inline(__always)
  private func append<Bytes: Collection>(_ bytes: Bytes, _ at: Int, _ afterBlank: inout Bool, _ out: inout Output)
  where Bytes.Element == UInt8 {
    var last: UInt8?
    for byte in bytes {
      if byte == UInt8(ascii: " ") {
        if afterBlank, last == nil { continue }
        out.append(blank: blank, at)
      } else {
        out.append(byte, at)
      }
      last = byte
    }
    if let last { afterBlank = removesExtraBlanks && last == UInt8(ascii: " ") }
  }

  private func dropTrailingBlanks(_ out: inout Output, _ end: Int) -> Int {
    var end = end
    while out.bytes.count >= blank.count, out.bytes.suffix(blank.count).elementsEqual(blank) {
      end = Int(out.starts[out.bytes.count - blank.count])
      out.bytes.removeLast(blank.count)
      out.starts.removeLast(blank.count)
    }
    return end
  }

  /// The number of bytes at the start whose characters or rules each normalise to exactly one space.
  private func leadingBlanks(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    var at = 0
    while at < text.count, isSpecial[Int(text[at])] {
      if let symbol = userDefined.longest(text, at, text.count) {
        guard symbol.end - at == 1, text[at] == UInt8(ascii: " ") else { break }
        at += 1
      } else if let map, let rule = map.longest(text, at) {
        guard map.text(rule.replacement).elementsEqual([UInt8(ascii: " ")]) else { break }
        at += rule.length
      } else {
        guard text[at] == UInt8(ascii: " ") else { break }
        at += 1
      }
    }
    return at
  }
}
