/// Checks UTF-8 once, and reads scalars from bytes that have been checked.
enum UTF8Text {
  /// The longest text accepted, in bytes. Offsets must fit 32 bits even when normalisation lengthens the text.
  static let limit = 1 << 30

  /// - Throws: ``TokenizerError/invalidUTF8(offset:byte:)`` naming the first byte that starts no valid sequence, as
  ///   Python's strict decoder does, or ``TokenizerError/textTooLong(bytes:limit:)``.
  static func check(_ text: [UInt8]) throws(TokenizerError) {
    guard text.count <= limit else { throw .textTooLong(bytes: text.count, limit: limit) }
    let fault = text.withUnsafeBufferPointer { firstFault($0) }
    if let fault { throw .invalidUTF8(offset: fault, byte: text[fault]) }
  }

  private static func firstFault(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    var at = 0
    let count = text.count
    while at < count {
      let byte = text[at]
      if byte < 0x80 {
        at += 1
        continue
      }
      let length: Int
      // The bounds of the second byte exclude overlong forms, surrogates and values above U+10FFFF.
      var low: UInt8 = 0x80
      var high: UInt8 = 0xBF
      switch byte {
      case 0xC2...0xDF: length = 2
      case 0xE0: (length, low) = (3, 0xA0)
      case 0xED: (length, high) = (3, 0x9F)
      case 0xE1...0xEF: length = 3
      case 0xF0: (length, low) = (4, 0x90)
      case 0xF4: (length, high) = (4, 0x8F)
      case 0xF1...0xF3: length = 4
      default: return at
      }
      guard at + length <= count, text[at + 1] >= low, text[at + 1] <= high else { return at }
      for next in at + 2..<max(at + 2, at + length) where text[next] & 0xC0 != 0x80 { return at }
      at += length
    }
    return nil
  }

  /// The scalar at `at` and its length in bytes. The text must be valid UTF-8.
  @inline(__always)
  static func scalar(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> (value: UInt32, length: Int) {
    let byte = UInt32(text[at])
    if byte < 0x80 { return (byte, 1) }
    let second = UInt32(text[at + 1] & 0x3F)
    if byte < 0xE0 { return ((byte & 0x1F) << 6 | second, 2) }
    let third = UInt32(text[at + 2] & 0x3F)
    if byte < 0xF0 { return ((byte & 0x0F) << 12 | second << 6 | third, 3) }
    return ((byte & 0x07) << 18 | second << 12 | third << 6 | UInt32(text[at + 3] & 0x3F), 4)
  }

  /// The length in bytes of valid UTF-8 text without the white space at its end.
  ///
  /// As in Python's `str.rstrip()`, white space also includes the four ASCII separators U+001C to U+001F.
  static func withoutTrailingBlanks(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    var end = text.count
    while end > 0 {
      var start = end - 1
      while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
      let value = scalar(text, start).value
      guard CharacterTable.shared[value].contains(.whitespace) || (0x1C...0x1F).contains(value) else { break }
      end = start
    }
    return end
  }
}
