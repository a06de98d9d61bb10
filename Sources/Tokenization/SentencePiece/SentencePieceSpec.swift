/// The contents of a serialized SentencePiece model, read and checked here.
///
/// The check is needed because the library refuses a malformed message, but trusts the numbers in a well-formed one.
/// Source: sentencepiece_model.proto.
struct SentencePieceSpec: Sendable {
  enum Kind: UInt64, Sendable { case normal = 1, unknown, control, userDefined, unused, byte }

  enum Algorithm: Sendable { case unigram, bpe, other }

  struct Piece: Sendable {
    var text: [UInt8] = []
    var score: Float = 0
    var kind = Kind.normal
  }

  var pieces: [Piece] = []
  var algorithm = Algorithm.unigram
  var byteFallback = false
  var blankAsSuffix = false
  var characterMap: CharacterMap?
  var addsDummyPrefix = true
  var removesExtraBlanks = true
  var escapesBlanks = true

  /// - Throws: ``TokenizerError/brokenModel(path:reason:)``.
  init(_ bytes: [UInt8], path: String) throws(TokenizerError) {
    guard !bytes.isEmpty else { throw .brokenModel(path: path, reason: "the file is empty") }
    do throws(ProtobufReader.Fault) {
      var model = ProtobufReader(bytes[...])
      while let field = try model.next() {
        switch (field.number, field.value) {
        case (1, .bytes(let message)): pieces.append(try SentencePieceSpec.piece(message))
        case (2, .bytes(let message)): try readTrainer(message)
        case (3, .bytes(let message)): try readNormalizer(message)
        // Only the library uses the denormalizer, but its character map must be valid as well.
        case (5, .bytes(let message)): try SentencePieceSpec.checkMap(message)
        case (1...3, _), (5, _): throw ProtobufReader.Fault(reason: "field \(field.number) is not a message")
        default: break
        }
      }
    } catch { throw .brokenModel(path: path, reason: error.reason) }
    guard !pieces.isEmpty else { throw .brokenModel(path: path, reason: "it has no pieces") }
  }

  private static func piece(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Fault) -> Piece {
    var piece = Piece()
    var reader = ProtobufReader(message)
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let text)): piece.text = Array(text)
      case (2, .fixed32(let bits)):
        piece.score = Float(bitPattern: bits)
        guard piece.score.isFinite else { throw .init(reason: "a piece's score is not a number") }
      case (3, .varint(let value)):
        guard let kind = Kind(rawValue: value) else { throw .init(reason: "a piece has unknown type \(value)") }
        piece.kind = kind
      default: break
      }
    }
    return piece
  }

  private mutating func readTrainer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Fault) {
    var reader = ProtobufReader(message)
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (3, .varint(let type)): algorithm = type == 1 ? .unigram : type == 2 ? .bpe : .other
      case (24, .varint(let flag)): blankAsSuffix = flag != 0
      case (35, .varint(let flag)): byteFallback = flag != 0
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Fault) {
    var reader = ProtobufReader(message)
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (2, .bytes(let map)): characterMap = map.isEmpty ? nil : try CharacterMap(map)
      case (3, .varint(let flag)): addsDummyPrefix = flag != 0
      case (4, .varint(let flag)): removesExtraBlanks = flag != 0
      case (5, .varint(let flag)): escapesBlanks = flag != 0
      default: break
      }
    }
  }

  private static func checkMap(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Fault) {
    var reader = ProtobufReader(message)
    while let field = try reader.next() {
      if field.number == 2, case .bytes(let map) = field.value, !map.isEmpty { _ = try CharacterMap(map) }
    }
  }
}
