import Support

/// The model of tokenizer.json, which turns a piece of text into tokens.
enum PieceModel: Sendable {
  case pairs(CharacterPairs)
  case unigram(UnigramPieces)
  case wordPiece(WordPieceVocabulary, unknown: Int32, maximumLength: Int)
  case wordLevel([ByteString: Int32], unknown: Int32)

  /// Calls `emit(id, start, end)` for every token of a non-empty piece.
  func segment(_ text: UnsafeBufferPointer<UInt8>, _ merger: inout WordMerger, emit: (Int32, Int, Int) -> Void) {
    switch self {
    case .pairs(let pairs): pairs.segment(text, &merger, emit: emit)
    case .unigram(let pieces): pieces.segment(text, emit: emit)
    case .wordPiece(let vocabulary, let unknown, let maximumLength):
      PieceModel.longestPieces(text, vocabulary, unknown, maximumLength, emit)
    case .wordLevel(let ids, let unknown): emit(ids[ByteString(bytes: text)] ?? unknown, 0, text.count)
    }
  }

  private static func longestPieces(
    _ text: UnsafeBufferPointer<UInt8>, _ vocabulary: WordPieceVocabulary, _ unknown: Int32, _ maximumLength: Int,
    _ emit: (Int32, Int, Int) -> Void
  ) {
    var found: [(id: Int32, start: Int, end: Int)] = []
    var at = 0
    let characters = text.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
    if characters <= maximumLength {
      while at < text.count,
        let piece = (at == 0 ? vocabulary.initial : vocabulary.continuing).longest(text, at, text.count)
      {
        found.append((piece.id, at, piece.end))
        at = piece.end
      }
    }
    guard at == text.count else { return emit(unknown, 0, text.count) }
    for token in found { emit(token.id, token.start, token.end) }
  }
}
