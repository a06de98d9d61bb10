import Support

/// A unigram model that may write unknown characters as bytes.
///
/// Source: `Unigram` of the tokenizers library.
struct UnigramPieces: Sendable {
  let vocabulary: UnigramVocabulary
  /// The ids of `<0x00>` and so on, -1 for one without a piece; `nil` where characters do not fall back to bytes.
  private let bytes: [Int32]?

  init(_ vocabulary: UnigramVocabulary, byteFallback: Bool) {
    self.vocabulary = vocabulary
    bytes =
      byteFallback
      ? (UInt8.min...UInt8.max).map { byte in
        vocabulary.id(ByteString("<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>")) ?? -1
      } : nil
  }

  /// Calls `emit(id, start, end)` for every token of a piece; a run of unknown characters is one token, or its bytes,
  /// each of which has the offsets of the run.
  func segment(_ text: UnsafeBufferPointer<UInt8>, emit: (Int32, Int, Int) -> Void) {
    var from = 0
    var unknown: Range<Int>?
    func end() {
      guard let run = unknown else { return }
      unknown = nil
      if let bytes, vocabulary.id(ByteString(bytes: text[run])) == nil, run.allSatisfy({ bytes[Int(text[$0])] >= 0 }) {
        for index in run { emit(bytes[Int(text[index])], run.lowerBound, run.upperBound) }
      } else {
        emit(vocabulary.unknown, run.lowerBound, run.upperBound)
      }
    }
    for piece in vocabulary.segmenter.segment(text) {
      if piece.id == vocabulary.unknown {
        unknown = (unknown?.lowerBound ?? from)..<piece.end
      } else {
        end()
        emit(piece.id, from, piece.end)
      }
      from = piece.end
    }
    end()
  }
}
