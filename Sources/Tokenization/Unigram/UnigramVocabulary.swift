import Support

/// The pieces of a unigram model with their scores. The id of a piece is its position.
struct UnigramVocabulary: Sendable {
  let segmenter: UnigramSegmenter<Double>
  let unknown: Int32
  let largestID: Int32
  private let ids: [ByteString: Int32]
  private let pieces: [ByteString]

  /// - Throws: ``TokenizerError`` when there are no pieces, too many of them, or no unknown one.
  init(path: String, entries: [(piece: ByteString, score: Double)], unknown: Int) throws(TokenizerError) {
    guard entries.indices.contains(unknown) else {
      throw .badField(
        path: path, key: "model.unk_id", found: "\(unknown)", expected: "the place of one of \(entries.count) pieces")
    }
    var ids: [ByteString: Int32] = [:]
    ids.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() { ids[entry.piece] = Int32(index) }
    guard
      let segmenter = UnigramSegmenter<Double>(
        entries.enumerated().map { ($1.piece.bytes[...], Int32($0)) }, scores: entries.map(\.score),
        unknown: Int32(unknown), smallest: entries.map(\.score).min() ?? 0)
    else {
      throw .unsupported(
        path: path, what: "a vocabulary of more than \(ByteTrie.maximumBytes) bytes", advice: "is it the right file?")
    }
    self.segmenter = segmenter
    self.unknown = Int32(unknown)
    self.ids = ids
    pieces = entries.map(\.piece)
    largestID = Int32(entries.count - 1)
  }

  func id(_ piece: ByteString) -> Int32? { ids[piece] }

  /// The decoded text of a piece, with a space for each `▁`.
  func text(_ id: Int32) -> [UInt8]? {
    pieces.indices.contains(Int(id)) ? Array(pieces[Int(id)].description.replacing("▁", with: " ").utf8) : nil
  }
}
