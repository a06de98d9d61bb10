/// Encodes with a SentencePiece model instead of the library.
///
/// The reference is release 0.2.3 of the library, but Debian has 0.1.97. The older release is half as fast. It also
/// scores user-defined symbols differently, so that it chooses otherwise between segmentations that differ by rounding.
struct SentencePieceEncoder: Sendable {
  private enum Segmenter: Sendable {
    case unigram(UnigramSegmenter<Float>)
    case merges(MergeSegmenter)
  }

  private let normalizer: SentencePieceNormalizer
  private let segmenter: Segmenter
  private let unknown: Int32
  /// The ids of the pieces `<0x00>`…`<0xFF>`, if the model writes characters that are in no piece as bytes.
  private let bytes: [Int32]?

  /// `nil` for models that are left to the library.
  ///
  /// These are models of words or characters, without an unknown piece, or with pieces that the segmenters refuse.
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

  /// The pieces with their offsets in the original text.
  ///
  /// Unknown characters become byte tokens if the model has those, else each run of them becomes one unknown token.
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
        // As in the library, the last byte token covers the character, and the others have empty ranges.
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
