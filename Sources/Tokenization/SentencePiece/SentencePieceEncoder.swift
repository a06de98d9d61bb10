/// Encodes with a SentencePiece model in the library's place.
///
/// It is here, and not left to the library, because the release that Debian has (0.1.97) is half as fast as 0.2.3, the
/// reference, and scores user-defined symbols otherwise, which decides between segmentations equal but for rounding.
struct SentencePieceEncoder: Sendable {
  private enum Segmenter: Sendable {
    case unigram(UnigramSegmenter<Float>)
    case merges(MergeSegmenter)
  }

  private let normalizer: SentencePieceNormalizer
  private let segmenter: Segmenter
  private let unknown: Int32
  /// Ids of the pieces `<0x00>`…`<0xFF>` for characters in no piece, if the model has them.
  private let bytes: [Int32]?

  /// `nil` for models that are left to the library: of words or characters, or with parts that are not usual.
  init?(_ spec: SentencePieceSpec) {
    var userDefined: [(bytes: ArraySlice<UInt8>, id: Int32)] = []
    var unknown: Int32?
    var byteIDs: [[UInt8]: Int32] = [:]
    for (index, piece) in spec.pieces.enumerated() {
      switch piece.kind {
      case .userDefined: userDefined.append((piece.text[...], Int32(index)))
      case .unknown: unknown = Int32(index)
      case .byte: byteIDs[piece.text] = Int32(index)
      case .normal, .control, .unused: break
      }
    }
    guard let unknown, let symbols = ByteTrie(userDefined) else { return nil }
    switch spec.algorithm {
    case .unigram:
      guard let unigram = UnigramSegmenter<Float>(spec, unknown: unknown) else { return nil }
      segmenter = .unigram(unigram)
    case .bpe:
      guard let merges = MergeSegmenter(spec, unknown: unknown, symbols: symbols) else { return nil }
      segmenter = .merges(merges)
    case .other: return nil
    }
    self.unknown = unknown
    normalizer = SentencePieceNormalizer(spec, userDefined: symbols)
    bytes =
      spec.byteFallback
      ? (0..<256).map { (byte: Int) in
        let digits = String(byte, radix: 16, uppercase: true)
        return byteIDs[Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)] ?? unknown
      } : nil
  }

  func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Token] {
    let normalized = normalizer.normalize(text)
    guard !normalized.bytes.isEmpty else { return [] }
    return normalized.bytes.withUnsafeBufferPointer { bytes in
      switch segmenter {
      case .unigram(let unigram): tokens(bytes, normalized.starts, unigram.segment(bytes))
      case .merges(let merges): tokens(bytes, normalized.starts, merges.segment(bytes))
      }
    }
  }

  /// Pieces with their places in the original; unknown characters become bytes, or one unknown piece a run.
  private func tokens(
    _ text: UnsafeBufferPointer<UInt8>, _ starts: [Int32], _ pieces: [(id: Int32, end: Int)]
  ) -> [Token] {
    var tokens: [Token] = []
    tokens.reserveCapacity(pieces.count)
    var from = 0
    var afterUnknown = false
    for piece in pieces {
      let (start, end) = (Int(starts[from]), Int(starts[piece.end]))
      let isUnknown = piece.id == unknown
      if isUnknown, let bytes {
        // As in the library, the last byte has the character's place and the others are empty.
        for index in from..<piece.end {
          tokens.append(Token(id: bytes[Int(text[index])], start: start, end: index == piece.end - 1 ? end : start))
        }
      } else if isUnknown, afterUnknown {
        tokens[tokens.count - 1].end = end
      } else {
        tokens.append(Token(id: piece.id, start: start, end: end))
      }
      afterUnknown = isUnknown
      from = piece.end
    }
    return tokens
  }
}
