/// Checks of a serialized SentencePiece model that the library does not make itself.
///
/// The library refuses a message that is not well-formed, but trusts the numbers in it: a wrong offset in a character map
/// would make it read outside its memory.
enum SentencePieceCheck {
  /// - Throws: ``TokenizerError/brokenModel(path:reason:)``.
  static func check(_ bytes: [UInt8], path: String) throws(TokenizerError) {
    var pieces = 0
    do throws(ProtobufReader.Fault) {
      var model = ProtobufReader(bytes[...])
      while let field = try model.next() {
        switch (field.number, field.value) {
        case (1, .bytes(let piece)):
          try check(piece: piece)
          pieces += 1
        case (3, .bytes(let normalizer)), (5, .bytes(let normalizer)): try check(normalizer: normalizer)
        case (1, _), (3, _), (5, _): throw ProtobufReader.Fault(reason: "field \(field.number) is not a message")
        default: break
        }
      }
    } catch { throw .brokenModel(path: path, reason: error.reason) }
    guard pieces > 0 else { throw .brokenModel(path: path, reason: "it has no pieces") }
  }

  /// `SentencePiece`: piece = 1, score = 2, type = 3.
  private static func check(piece: ArraySlice<UInt8>) throws(ProtobufReader.Fault) {
    var reader = ProtobufReader(piece)
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (2, .fixed32(let bits)):
        guard Float(bitPattern: bits).isFinite else { throw .init(reason: "a piece's score is not a number") }
      case (3, .varint(let type)):
        guard (1...6).contains(type) else { throw .init(reason: "a piece has unknown type \(type)") }
      default: break
      }
    }
  }

  /// `NormalizerSpec`: precompiled_charsmap = 2.
  private static func check(normalizer: ArraySlice<UInt8>) throws(ProtobufReader.Fault) {
    var reader = ProtobufReader(normalizer)
    while let field = try reader.next() {
      if field.number == 2, case .bytes(let map) = field.value, !map.isEmpty { try check(characterMap: Array(map)) }
    }
  }

  /// A little-endian size, a double-array trie of that many bytes, and the texts, ended by NULs, that its values point to.
  private static func check(characterMap: [UInt8]) throws(ProtobufReader.Fault) {
    func word(_ at: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(characterMap[at + $1]) << (8 * UInt32($1)) }
    }
    guard characterMap.count >= 8 else { throw .init(reason: "the character map is too short") }
    let size = Int(word(0))
    guard size >= 1024, size % 1024 == 0, size < characterMap.count - 4, characterMap.last == 0 else {
      throw .init(reason: "the character map has wrong sizes")
    }
    let units = (0..<size / 4).map { word(4 + 4 * $0) }
    let texts = characterMap.count - 4 - size
    for (index, unit) in units.enumerated() where unit >> 31 == 0 {
      let node = index ^ Int(unit >> 10) << Int((unit & 0x200) >> 6)
      guard node | 0xFF < units.count else { throw .init(reason: "the character map points outside itself") }
      guard unit & 0x100 == 0 || Int(units[node] & 0x7FFF_FFFF) < texts else {
        throw .init(reason: "the character map points outside its texts")
      }
    }
  }
}
