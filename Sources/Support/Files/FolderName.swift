/// Names of folders that are made from settings.
package enum FolderName {
  /// Longest name that is made: a file system takes 255 bytes, and a log or temporary file adds an ending.
  private static let longest = 200

  /// Letters, digits and `._+-`; anything else, as in a path, becomes `_`.
  ///
  /// A name that would be too long keeps its beginning and its end, with a digest of the whole between them.
  /// - Parameter end: what the name ends with, after a hyphen; empty for nothing.
  package static func make(_ text: String, end: String = "") -> String {
    let whole = safe(end.isEmpty ? text : text + "-" + end)
    guard whole.utf8.count > longest else { return whole }
    let tail =
      Digest.sha256(end.isEmpty ? text : text + "-" + end).prefix(12) + (end.isEmpty ? "" : "-" + safe(end).suffix(60))
    return whole.prefix(longest - 1 - tail.utf8.count) + "-" + tail
  }

  private static func safe(_ text: String) -> String {
    String(
      text.unicodeScalars.map { scalar in
        let isSafe =
          scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789._+-".unicodeScalars.contains(scalar))
        return isSafe ? Character(scalar) : "_"
      })
  }
}
