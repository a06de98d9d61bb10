import Support

/// Ids and merges of a byte-level BPE model.
struct ByteLevelVocabulary: Sendable {
  /// The id of each single byte.
  let bytes: [Int32]
  let merges: MergeTable
  let largestID: Int32
  private let ids: [ByteString: Int32]
  private let pieces: [Int32: [UInt8]]

  /// Builds the model.
  ///
  /// - Parameter merges: pairs of entries in order of rank, with the line or index that names each in messages.
  /// - Throws: ``TokenizerError`` when a byte or a merge is not in the vocabulary.
  init(
    path: String, entries: [(ByteString, Int32)], mergesPath: String,
    merges: [(left: ByteString, right: ByteString, line: Int)]
  ) throws(TokenizerError) {
    var ids: [ByteString: Int32] = [:]
    ids.reserveCapacity(entries.count)
    var pieces: [Int32: [UInt8]] = [:]
    pieces.reserveCapacity(entries.count)
    for (entry, id) in entries {
      ids[entry] = id
      pieces[id] = ByteAlphabet.decode(entry)
    }
    var bytes: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      guard let id = ids[ByteAlphabet.entry(byte)] else {
        throw .missingToken(path: path, token: ByteAlphabet.entry(byte).description, role: "byte \(byte)")
      }
      bytes.append(id)
    }
    var pairs: [(left: Int32, right: Int32, id: Int32)] = []
    pairs.reserveCapacity(merges.count)
    for merge in merges {
      func id(_ entry: ByteString) throws(TokenizerError) -> Int32 {
        guard let id = ids[entry] else {
          throw .badLine(
            path: mergesPath, line: merge.line,
            reason: "merge \"\(merge.left) \(merge.right)\": \"\(entry)\" is not in the vocabulary; use matching files")
        }
        return id
      }
      pairs.append(
        (try id(merge.left), try id(merge.right), try id(ByteString(merge.left.bytes + merge.right.bytes))))
    }
    self.bytes = bytes
    self.merges = MergeTable(pairs)
    self.ids = ids
    self.pieces = pieces
    largestID = ids.values.max() ?? 0
  }

  func id(_ entry: ByteString) -> Int32? { ids[entry] }

  /// The bytes of a token.
  func piece(_ id: Int32) -> [UInt8]? { pieces[id] }
}
