import Crypto
import Foundation

/// SHA-256 of files, in lower-case hexadecimal.
public enum Digest {
  /// - Throws: ``FileError`` when the file cannot be read.
  public static func sha256(ofFile path: String) throws(FileError) -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else { throw .missing(path: path) }
    defer { try? handle.close() }
    var hash = SHA256()
    do {
      while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty { hash.update(data: chunk) }
    } catch {
      throw .unreadable(path: path, reason: error.localizedDescription)
    }
    return hex(hash.finalize())
  }

  private static func hex(_ digest: SHA256.Digest) -> String {
    digest.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}
