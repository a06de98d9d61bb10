/// Joins pieces to text, e.g. `play`, `##ing`, `!` to `playing!`.
///
/// Source: the `WordPiece` decoder of the tokenizers library, whose clean-up works on one piece at a time.
enum WordPieceDecoder {
  private static let cleanUp: [([UInt8], [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  static func join(_ pieces: [[UInt8]], prefix: [UInt8]) -> [UInt8] {
    spaced(pieces, prefix: prefix, cleansUp: true).flatMap { $0 }
  }

  /// The pieces with a space before each one that begins a word, but the first.
  static func spaced(_ pieces: [[UInt8]], prefix: [UInt8], cleansUp: Bool) -> [[UInt8]] {
    pieces.enumerated().map { index, piece in
      var part = piece
      if index > 0 {
        part = piece.starts(with: prefix) ? Array(piece.dropFirst(prefix.count)) : [UInt8(ascii: " ")] + piece
      }
      for (from, to) in cleansUp ? cleanUp : [] { part = replacing(part, from, to) }
      return part
    }
  }

  private static func replacing(_ bytes: [UInt8], _ from: [UInt8], _ to: [UInt8]) -> [UInt8] {
    guard bytes.count >= from.count else { return bytes }
    var out: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at...].starts(with: from) {
        out += to
        at += from.count
      } else {
        out.append(bytes[at])
        at += 1
      }
    }
    return out
  }
}
