import Support

/// The ids and merges of a byte-level BPE model.
struct ByteLevelVocabulary: Sendable {
  /// The id of each single byte; -1 for a byte that no entry stands for.
  private let bytes: [Int32]
  private let unknown: UnknownBytes
  let merges: MergeTable
  let largestID: Int32
  private let wholeWords: WholeWords
  private let ids: [ByteString: Int32]
  private let pieces: [Int32: [UInt8]]

  /// What happens to a byte that the vocabulary lacks.
  enum UnknownBytes: Sendable, Equatable {
    /// The byte is left out, so that its neighbours can be merged.
    case dropped
    /// The byte becomes this token; with `fused`, a run of such bytes becomes one token.
    case token(Int32, fused: Bool)
  }

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - merges: pairs of entries in order of rank, each with a line number or position for error messages.
  ///   - ignoresMerges: whether a word that is an entry is one token even where merging would not produce it.
  ///   - unknownToken: the entry for bytes that the vocabulary lacks; without one they are left out.
  ///   - fusesUnknown: whether a run of such bytes is one unknown token.
  /// - Throws: ``TokenizerError`` when a merge, or an unknown token that is needed, is not in the vocabulary.
  init(
    path: String, entries: [(ByteString, Int32)], mergesPath: String,
    merges: [(left: ByteString, right: ByteString, line: Int)], ignoresMerges: Bool = false,
    unknownToken: ByteString? = nil, fusesUnknown: Bool = false
  ) throws(TokenizerError) {
    var ids: [ByteString: Int32] = [:]
    ids.reserveCapacity(entries.count)
    var pieces: [Int32: [UInt8]] = [:]
    pieces.reserveCapacity(entries.count)
    var words: [(bytes: [UInt8], id: Int32)] = []
    for (entry, id) in entries {
      ids[entry] = id
      let bytes = ByteAlphabet.decode(entry)
      pieces[id] = bytes ?? entry.bytes
      if ignoresMerges, let bytes { words.append((bytes, id)) }
    }
    let bytes = (UInt8.min...UInt8.max).map { ids[ByteAlphabet.entry($0)] ?? -1 }
    if let unknownToken, bytes.contains(-1) {
      guard let id = ids[unknownToken] else {
        throw .missingToken(path: path, token: unknownToken.description, role: "unknown")
      }
      unknown = .token(id, fused: fusesUnknown)
    } else {
      unknown = .dropped
    }
    var pairs: [(left: Int32, right: Int32, merge: MergeTable.Merge)] = []
    pairs.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      func id(_ entry: ByteString) throws(TokenizerError) -> Int32 {
        guard let id = ids[entry] else {
          throw .badLine(
            path: mergesPath, line: merge.line,
            reason: "merge \"\(merge.left) \(merge.right)\": \"\(entry)\" is not in the vocabulary; use matching files")
        }
        return id
      }
      let merged = try id(ByteString(merge.left.bytes + merge.right.bytes))
      pairs.append((try id(merge.left), try id(merge.right), .init(rank: UInt32(rank), id: merged)))
    }
    self.bytes = bytes
    let table = MergeTable(pairs)
    var merger = WordMerger()
    for (id, piece) in pieces where !ignoresMerges && !piece.contains(where: { bytes[Int($0)] < 0 }) {
      var result: [Int32] = []
      merger.begin()
      for (index, byte) in piece.enumerated() { merger.add(bytes[Int(byte)], end: index + 1) }
      merger.finish(table) { token, _, _ in result.append(token) }
      if result == [id] { words.append((piece, id)) }
    }
    wholeWords = WholeWords(words)
    self.merges = table
    self.ids = ids
    self.pieces = pieces
    largestID = ids.values.max() ?? 0
  }

  /// Cuts a word into tokens: calls `emit(id, start, end)` for each.
  @inline(__always)
  func merge(_ word: UnsafeBufferPointer<UInt8>, _ merger: inout WordMerger, emit: (Int32, Int, Int) -> Void) {
    if let id = wholeWords.id(word) { return emit(id, 0, word.count) }
    merger.begin()
    for index in word.indices {
      let id = bytes[Int(word[index])]
      if id >= 0 { merger.add(id, end: index + 1) } else { addUnknown(word, index, &merger) }
    }
    merger.finish(merges, emit: emit)
  }

  /// Adds the unknown token, if there is one, for a byte that the vocabulary lacks.
  private func addUnknown(_ word: UnsafeBufferPointer<UInt8>, _ index: Int, _ merger: inout WordMerger) {
    guard case .token(let id, let fused) = unknown else { return }
    if fused, index > 0, bytes[Int(word[index - 1])] < 0 {
      merger.extend(to: index + 1)
    } else {
      merger.add(id, end: index + 1)
    }
  }

  func id(_ entry: ByteString) -> Int32? { ids[entry] }

  /// The bytes of a token.
  func piece(_ id: Int32) -> [UInt8]? { pieces[id] }
}
