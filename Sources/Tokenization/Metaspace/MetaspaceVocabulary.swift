import Support

/// The pieces of a BPE model over characters, used for decoding and for the bytes of characters that are in no piece.
struct MetaspaceVocabulary: Sendable {
  /// The ids of `<0x00>`…`<0xFF>`.
  let bytes: [Int32]
  let largestID: Int32
  private let ids: [ByteString: Int32]
  /// The decoded text of each id.
  private let pieces: [Int32: [UInt8]]

  /// - Throws: ``TokenizerError/missingToken(path:token:role:)`` when a byte has no piece.
  init(path: String, entries: [(ByteString, Int32)]) throws(TokenizerError) {
    var ids: [ByteString: Int32] = [:]
    var pieces: [Int32: [UInt8]] = [:]
    for (entry, id) in entries {
      ids[entry] = id
      pieces[id] = Array(entry.description.replacing("▁", with: " ").utf8)
    }
    var bytes: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      let digits = String(byte, radix: 16, uppercase: true)
      let name = "<0x\(byte < 16 ? "0" : "")\(digits)>"
      guard let id = ids[ByteString(name)] else {
        throw .missingToken(path: path, token: name, role: "byte \(byte)")
      }
      bytes.append(id)
      pieces[id] = [byte]
    }
    self.bytes = bytes
    self.ids = ids
    self.pieces = pieces
    largestID = ids.values.max() ?? 0
  }

  func id(_ entry: ByteString) -> Int32? { ids[entry] }

  func piece(_ id: Int32) -> [UInt8]? { pieces[id] }
}
