import Support

/// Segments text under a BPE model of SentencePiece.
///
/// Among all neighbours that form a piece together, the pair with the best score is merged first. The pieces are turned
/// into pairs of ids once, so that merging needs no look-up of text.
/// Source: `bpe_model.cc` of sentencepiece.
struct MergeSegmenter: Sendable {
  private let merges: MergeTable
  /// The ids of ASCII characters, of `▁` and of all characters; -1, or absent, for a character that is in no piece.
  private let ascii: [Int32]
  private let blank: Int32
  private let characters: [UInt32: Int32]
  private let symbols: ByteTrie
  private let unknown: Int32
  private let pieceCount: Int32
  private var wholeWords = WholeWords([])
  /// Whether no piece has `▁` after another character, so that no piece crosses the border of two words.
  private let splitsAtBlanks: Bool

  private typealias Pair = (left: Int32, right: Int32, merge: MergeTable.Merge)

  /// `nil` for models that the library must segment: those with unused pieces or with pieces that are not valid UTF-8.
  init?(_ spec: SentencePieceSpec, unknown: Int32, symbols: ByteTrie) {
    guard !spec.pieces.contains(where: { $0.kind == .unused }) else { return nil }
    let parts = spec.pieces.indices.filter { [.normal, .userDefined].contains(spec.pieces[$0].kind) }
    var ids: [ArraySlice<UInt8>: Int32] = [:]
    for index in parts { ids[spec.pieces[index].text[...]] = Int32(index) }
    var characters: [UInt32: Int32] = [:]
    var splits = true
    // Characters that occur only inside pieces get ids beyond those of the pieces. Such a character is unknown where it
    // is not merged.
    var next = Int32(spec.pieces.count)
    for index in parts {
      guard let text = String(validating: spec.pieces[index].text, as: UTF8.self) else { return nil }
      splits = splits && !MergeSegmenter.crossesWords(text.unicodeScalars)
      for scalar in text.unicodeScalars where characters[scalar.value] == nil {
        let bytes = Array(String(scalar).utf8)[...]
        if ids[bytes] == nil {
          ids[bytes] = next
          next += 1
        }
        characters[scalar.value] = ids[bytes]
      }
    }
    self.init(
      words: parts.map { (spec.pieces[$0].text, Int32($0)) }, pairs: MergeSegmenter.pairs(spec, parts, ids),
      characters: characters, splitsAtBlanks: splits, symbols: symbols, unknown: unknown,
      pieceCount: Int32(spec.pieces.count))
  }

  /// Every cut of a piece into two that have ids, ranked by the piece's score.
  private static func pairs(_ spec: SentencePieceSpec, _ parts: [Int], _ ids: [ArraySlice<UInt8>: Int32]) -> [Pair] {
    let scores = Set(parts.map { spec.pieces[$0].score }).sorted(by: >)
    let ranks = Dictionary(uniqueKeysWithValues: scores.enumerated().map { ($1, UInt32($0)) })
    var pairs: [Pair] = []
    for index in parts {
      let piece = spec.pieces[index]
      for cut in piece.text.indices.dropFirst() where piece.text[cut] & 0xC0 != 0x80 {
        guard let left = ids[piece.text[..<cut]], let right = ids[piece.text[cut...]] else { continue }
        pairs.append((left, right, .init(rank: ranks[piece.score] ?? .max, id: Int32(index))))
      }
    }
    return pairs
  }

  /// Whether a piece has `▁` after another character.
  private static func crossesWords(_ piece: String.UnicodeScalarView) -> Bool {
    piece.drop { $0.value == 0x2581 }.contains { $0.value == 0x2581 }
  }

  private init(
    words: [(text: [UInt8], id: Int32)], pairs: [Pair], characters: [UInt32: Int32], splitsAtBlanks: Bool,
    symbols: ByteTrie, unknown: Int32, pieceCount: Int32
  ) {
    merges = MergeTable(pairs)
    self.characters = characters
    blank = characters[0x2581] ?? -1
    ascii = (0..<128).map { characters[$0] ?? -1 }
    (self.symbols, self.unknown, self.pieceCount) = (symbols, unknown, pieceCount)
    self.splitsAtBlanks = splitsAtBlanks
    wholeWords = WholeWords(
      words.compactMap { text, id in
        let pieces = text.withUnsafeBufferPointer { segment($0) }
        return pieces.count == 1 && pieces[0].id == id ? (text, id) : nil
      })
  }

  /// Builds the segmenter from a list of merges, as tokenizer.json has it.
  ///
  /// Characters that are in no piece have id -1 in the result of ``segment(_:)``.
  ///
  /// - Throws: ``TokenizerError/badLine(path:line:reason:)`` when a merge is not in the vocabulary.
  init(path: String, entries: [(ByteString, Int32)], merges: [MergesReader.Merge]) throws(TokenizerError) {
    var ids: [ByteString: Int32] = [:]
    var characters: [UInt32: Int32] = [:]
    var splits = true
    for (entry, id) in entries {
      ids[entry] = id
      let scalars = entry.description.unicodeScalars
      if let only = scalars.first, scalars.count == 1 { characters[only.value] = id }
      splits = splits && !MergeSegmenter.crossesWords(scalars)
    }
    var pairs: [Pair] = []
    pairs.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      guard let left = ids[merge.left], let right = ids[merge.right],
        let whole = ids[ByteString(merge.left.bytes + merge.right.bytes)]
      else {
        throw .badLine(
          path: path, line: merge.line,
          reason: "merge \"\(merge.left) \(merge.right)\" is not in the vocabulary; use matching files")
      }
      pairs.append((left, right, .init(rank: UInt32(rank), id: whole)))
    }
    self.init(
      words: entries.map { ($0.bytes, $1) }, pairs: pairs, characters: characters, splitsAtBlanks: splits,
      symbols: ByteTrie(), unknown: -1, pieceCount: .max)
  }

  /// The pieces of a normalised text in order, each with its id and the byte offset where it ends.
  func segment(_ text: UnsafeBufferPointer<UInt8>) -> [(id: Int32, end: Int)] {
    var pieces: [(id: Int32, end: Int)] = []
    pieces.reserveCapacity(text.count / 3 + 4)
    var merger = WordMerger()
    var start = 0
    while start < text.count {
      let end = splitsAtBlanks ? MergeSegmenter.wordEnd(text, start) : text.count
      if let id = wholeWords.id(UnsafeBufferPointer(rebasing: text[start..<end])) {
        pieces.append((id, end))
      } else {
        merge(text, start..<end, &merger, &pieces)
      }
      start = end
    }
    return pieces
  }

  /// The place of the next `▁` that follows another character, or the end of the text.
  @inline(__always)
  static func wordEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var at = start
    while isBlank(text, at) { at += 3 }
    while at < text.count, !isBlank(text, at) { at += 1 }
    return at
  }

  @inline(__always)
  static func isBlank(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> Bool {
    at + 2 < text.count && text[at] == 0xE2 && text[at + 1] == 0x96 && text[at + 2] == 0x81
  }

  private func merge(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ merger: inout WordMerger,
    _ pieces: inout [(id: Int32, end: Int)]
  ) {
    merger.begin()
    var at = range.lowerBound
    while at < range.upperBound {
      if let symbol = symbols.longest(text, at, text.count) {
        // A user-defined symbol is never merged, so its id is stored as a negative number, which is in no merge.
        at = symbol.end
        merger.add(-2 - symbol.id, end: at - range.lowerBound)
      } else {
        let (scalar, length) = UTF8Text.scalar(text, at)
        at += length
        let id = scalar < 128 ? ascii[Int(scalar)] : scalar == 0x2581 ? blank : characters[scalar] ?? -1
        merger.add(id, end: at - range.lowerBound)
      }
    }
    merger.finish(merges) { id, _, end in
      let own = id < -1 ? -2 - id : id
      pieces.append((own < 0 || own >= pieceCount ? unknown : own, range.lowerBound + end))
    }
  }
}
