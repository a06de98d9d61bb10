import Crypto

/// SHA-256 of files, in lower-case hexadecimal.
package enum Digest {
  /// - Throws: ``FileError`` when the file cannot be read.
  package static func sha256(ofFile path: String) throws(FileError) -> String {
    let file = try OpenFile(path)
    var hash = SHA256()
    while true {
      let chunk = try file.read(1 << 20)
      chunk.withUnsafeBytes { hash.update(bufferPointer: $0) }
      if chunk.count < 1 << 20 { return hex(hash.finalize()) }
    }
  }

  /// The digest of a text's UTF-8 bytes.
  package static func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }

  package static func sha256(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return hex(hash.finalize())
  }

  /// A digest of bytes that come in parts, of which the digest so far may be asked for at any time.
  package struct Running: Sendable {
    private var hash = SHA256()

    package init() {}

    package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { hash.update(bufferPointer: $0) } }

    package var sha256: String { hex(hash.finalize()) }
  }

  private static func hex(_ digest: SHA256.Digest) -> String {
    digest.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}
