import Support

/// GPT-2's way to write any byte as a printable character; for example, vocabularies have `Ġ` for a space.
///
/// Source: `bytes_to_unicode` of openai/gpt-2.
enum ByteAlphabet {
  /// The scalar that stands for each byte.
  static let scalars: [UInt32] = {
    var next: UInt32 = 256
    return (0..<256).map { (byte: UInt32) in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return byte
      default:
        defer { next += 1 }
        return next
      }
    }
  }()

  private static let bytes: [UInt32: UInt8] = Dictionary(
    uniqueKeysWithValues: scalars.enumerated().map { ($1, UInt8($0)) })

  /// The bytes that a vocabulary entry stands for; `nil` when it is not written in this alphabet.
  static func decode(_ entry: ByteString) -> [UInt8]? {
    var out: [UInt8] = []
    for scalar in entry.description.unicodeScalars {
      guard let byte = bytes[scalar.value] else { return nil }
      out.append(byte)
    }
    return out
  }

  /// The vocabulary entry that stands for a single byte.
  static func entry(_ byte: UInt8) -> ByteString {
    ByteString(Unicode.Scalar(scalars[Int(byte)]).map { String($0) } ?? "")
  }
}
