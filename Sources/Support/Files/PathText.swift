/// Conversion between file names, which are bytes, and Strings.
///
/// A file name may hold any bytes except NUL and `/`, but a String is always valid Unicode. So a byte that is not valid
/// UTF-8, as in a Latin-1 name, is escaped as the private-use character U+10FF00 plus the byte, and every system call
/// gets the original byte. Python's `surrogateescape` does the same with surrogates, which a String cannot hold.
///
/// Example: the bytes `64 E9` (`dé` in Latin-1) become `"d\u{10FFE9}"`.
package enum PathText {
  private static let escapeBase: UInt32 = 0x10_FF00

  /// The String that stands for a file name or path.
  package static func text(_ bytes: some Collection<UInt8>) -> String {
    let bytes = Array(bytes)
    if !bytes.contains(0xF4), let text = String(validating: bytes, as: UTF8.self) { return text }
    var text = String.UnicodeScalarView()
    var at = 0
    while at < bytes.count {
      let end = min(bytes.count, at + max(1, PathText.sequenceLength(bytes[at])))
      if let part = String(validating: bytes[at..<end], as: UTF8.self), let scalar = part.unicodeScalars.first,
        PathText.byte(scalar) == nil
      {
        text.append(scalar)
        at = end
      } else {
        // Invalid UTF-8, and a character that looks like an escape, are escaped byte by byte.
        if let escape = Unicode.Scalar(escapeBase + UInt32(bytes[at])) { text.append(escape) }
        at += 1
      }
    }
    return String(text)
  }

  /// The bytes that a String stands for.
  package static func bytes(_ text: String) -> [UInt8] {
    guard text.utf8.contains(0xF4) else { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { scalar in PathText.byte(scalar).map { [$0] } ?? Array(String(scalar).utf8) }
  }

  /// Calls `body` with the path as a C string. A path with a NUL becomes the empty path, which names no file.
  static func withCString<Result>(_ path: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let bytes = PathText.bytes(path)
    guard !bytes.contains(0) else { return "".withCString(body) }
    return (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { $0.baseAddress.map(body) ?? "".withCString(body) }
    }
  }

  /// The byte that an escape stands for; `nil` for any other character.
  private static func byte(_ scalar: Unicode.Scalar) -> UInt8? {
    scalar.value >= escapeBase + 0x80 ? UInt8(scalar.value - escapeBase) : nil
  }

  /// Length in bytes of the UTF-8 character that starts with `lead`; 0 where `lead` starts none.
  private static func sequenceLength(_ lead: UInt8) -> Int {
    switch lead {
    case 0..<0x80: 1
    case 0xC2..<0xE0: 2
    case 0xE0..<0xF0: 3
    case 0xF0..<0xF5: 4
    default: 0
    }
  }
}
