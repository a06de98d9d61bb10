/// Folder names made from settings.
package enum FolderName {
  /// The longest name made, in bytes: a file system takes 255, and a log or temporary file adds a suffix.
  private static let longest = 200

  /// The text with every character replaced by `_` except ASCII letters, digits and `._+-`, e.g. `a_b` for `a/b`.
  ///
  /// A name that is too long keeps its beginning and its end, with a digest of the whole name between them.
  /// - Parameter end: what the name ends with, after a hyphen; empty for no ending.
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
