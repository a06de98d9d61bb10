import Support

/// The pieces of a WordPiece model. Pieces that continue a word are written with a prefix, e.g. `##ing`.
struct WordPieceVocabulary: Sendable {
  let initial: ByteTrie
  let continuing: ByteTrie
  let prefix: [UInt8]
  let largestID: Int32
  private let pieces: [Int32: [UInt8]]
  private let ids: [ByteString: Int32]

  /// - Throws: ``TokenizerError`` when there are no entries or too many.
  init(path: String, entries: [(ByteString, Int32)], prefix: [UInt8] = Array("##".utf8)) throws(TokenizerError) {
    var pieces: [Int32: [UInt8]] = [:]
    var ids: [ByteString: Int32] = [:]
    var largest: Int32 = -1
    for (piece, id) in entries {
      pieces[id] = piece.bytes
      ids[piece] = id
      largest = max(largest, id)
    }
    let inner = entries.filter { $0.0.bytes.starts(with: prefix) }
    guard let initial = ByteTrie(entries.map { ($0.0.bytes[...], $0.1) }),
      let continuing = ByteTrie(inner.map { ($0.0.bytes.dropFirst(prefix.count), $0.1) })
    else {
      throw .unsupported(
        path: path, what: "a vocabulary of more than \(ByteTrie.maximumBytes) bytes", advice: "is it the right file?")
    }
    guard largest >= 0 else {
      throw .badField(path: path, key: "vocab", found: "no token", expected: "one token a line")
    }
    self.initial = initial
    self.continuing = continuing
    self.prefix = prefix
    self.pieces = pieces
    self.ids = ids
    largestID = largest
  }

  /// Reads `vocab.txt`, which has one piece on each line, e.g. `[PAD]` or `##ing`.
  ///
  /// The id of a piece is its line number, from 0. Trailing white space is not part of a piece. A repeated piece has
  /// its last id.
  static func read(_ path: String) throws -> WordPieceVocabulary {
    let bytes = try Files.read(path, limit: LoadingLimits.vocabulary)
    var entries: [(ByteString, Int32)] = []
    for line in TextLines(bytes) {
      guard let text = String(validating: line.bytes, as: UTF8.self) else {
        throw TokenizerError.badLine(path: path, line: line.number, reason: "not valid UTF-8; copy the file again")
      }
      let end = text.unicodeScalars.lastIndex { !$0.properties.isWhitespace }
      let kept = end.map { String(text.unicodeScalars[...$0]) } ?? ""
      entries.append((ByteString(kept), Int32(line.number - 1)))
    }
    return try WordPieceVocabulary(path: path, entries: entries)
  }

  func id(_ piece: ByteString) -> Int32? { ids[piece] }

  func piece(_ id: Int32) -> [UInt8]? { pieces[id] }
}
