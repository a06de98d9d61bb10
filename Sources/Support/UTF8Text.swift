/// Checks of UTF-8 without a copy of the text.
package enum UTF8Text {
  /// Position of the first byte that is not part of valid UTF-8; `nil` where all of it is valid.
  ///
  /// The ranges are those of table 3-7 of the Unicode Standard, which leaves out surrogates and overlong forms.
  package static func firstInvalid(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let base = text.baseAddress else { return nil }
    let count = text.count
    var at = 0
    while at < count {
      // Most text is ASCII, eight bytes of which are checked at once.
      while at + 8 <= count,
        UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      { at += 8 }
      guard at < count else { return nil }
      let lead = base[at]
      if lead < 0x80 {
        at += 1
        continue
      }
      let length: Int
      switch lead {
      case 0xC2...0xDF: length = 2
      case 0xE0...0xEF: length = 3
      case 0xF0...0xF4: length = 4
      default: return at
      }
      guard at + length <= count else { return at }
      let lowest: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
      let highest: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
      guard base[at + 1] >= lowest, base[at + 1] <= highest else { return at }
      for next in 2..<max(2, length) where base[at + next] & 0xC0 != 0x80 { return at }
      at += length
    }
    return nil
  }

  /// A text for a message, cut after 60 bytes, since a field of a broken file may be as long as the file.
  package static func shown(_ bytes: some Collection<UInt8>) -> String {
    let start = String(decoding: bytes.prefix(60), as: UTF8.self)
    guard bytes.dropFirst(60).first != nil else { return start }
    // The cut may have split a character, which is then shown as U+FFFD.
    return (start.last == "\u{FFFD}" ? String(start.dropLast()) : start) + "…"
  }
}
