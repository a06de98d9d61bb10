/// Finds the most probable segmentation of a text under a unigram model, with Viterbi's algorithm.
///
/// Scores are added in the precision and order of the reference, so that segmentations that differ only by rounding are
/// decided as there. `unigram_model.cc` of sentencepiece 0.2.3 (Kudo 2018) uses single precision; its translation, the
/// `Unigram` model of the tokenizers library, uses double precision.
struct UnigramSegmenter<Score: BinaryFloatingPoint & Sendable>: Sendable {
  private let trie: ByteTrie
  private let scores: [Score]
  private let unknown: Int32
  private let unknownScore: Score
  /// The absolute score beyond which all scores are moved back towards 0.
  private let resetThreshold: Score

  /// `nil` when the pieces have more than ``ByteTrie/maximumBytes`` in total.
  ///
  /// - Parameters:
  ///   - strings: pieces with their ids, which are the positions of their scores.
  ///   - smallest: the smallest score of a piece. An unknown character scores 10 less.
  init?(
    _ strings: [(bytes: ArraySlice<UInt8>, id: Int32)], scores: [Score], unknown: Int32, smallest: Score,
    resetThreshold: Score = .infinity
  ) {
    guard let trie = ByteTrie(strings) else { return nil }
    self.trie = trie
    self.scores = scores
    self.unknown = unknown
    self.resetThreshold = resetThreshold
    unknownScore = smallest - 10
  }

  private struct Best {
    var score: Score = 0
    var start: Int32 = -1
    var id: Int32 = -1

    @inline(__always)
    mutating func offer(_ score: Score, _ start: Int, _ id: Int32) {
      guard self.start < 0 || score > self.score else { return }
      self.score = score
      self.start = Int32(truncatingIfNeeded: start)
      self.id = id
    }
  }

  /// The pieces of a normalised text in order, each with its id and the byte offset where it ends.
  func segment(_ text: UnsafeBufferPointer<UInt8>) -> [(id: Int32, end: Int)] {
    trie.withView { trie in scores.withUnsafeBufferPointer { scores in segment(text, trie, scores) } }
  }

  private func segment(
    _ text: UnsafeBufferPointer<UInt8>, _ trie: ByteTrie.View, _ scores: UnsafeBufferPointer<Score>
  ) -> [(id: Int32, end: Int)] {
    withUnsafeTemporaryAllocation(of: Best.self, capacity: text.count + 1) { best in
      best.initialize(repeating: Best())
      var at = 0
      /// The furthest byte that a path has reached.
      var frontier = 0
      while at < text.count {
        let length = UTF8Text.scalar(text, at).length
        if abs(best[at].score) > resetThreshold {
          // Large scores lose precision, so all scores that are still needed are moved by the same amount.
          let offset = best[at].score
          for index in at...frontier where index == at || best[index].start >= 0 { best[index].score -= offset }
        }
        let score = best[at].score
        var hasCharacter = false
        var node = ByteTrie.root
        var end = at
        while end < text.count, let next = trie.child(node, text[end]) {
          node = next
          end += 1
          let id = trie.id(node)
          guard id >= 0 else { continue }
          frontier = max(frontier, end)
          best[end].offer(scores[Int(id)] + score, at, id)
          if end - at == length { hasCharacter = true }
        }
        if !hasCharacter {
          frontier = max(frontier, at + length)
          best[at + length].offer(unknownScore + score, at, unknown)
        }
        at += length
      }
      var pieces: [(id: Int32, end: Int)] = []
      while at > 0 {
        pieces.append((best[at].id, at))
        at = Int(best[at].start)
      }
      pieces.reverse()
      return pieces
    }
  }
}

extension UnigramSegmenter<Float> {
  /// Builds the segmenter of a SentencePiece model; `nil` when the pieces have more than ``ByteTrie/maximumBytes``.
  init?(_ spec: SentencePieceSpec, unknown: Int32) {
    let smallest = spec.pieces.filter { $0.kind == .normal }.map(\.score).min() ?? .greatestFiniteMagnitude
    var strings: [(bytes: ArraySlice<UInt8>, id: Int32)] = []
    var scores = spec.pieces.map(\.score)
    for (index, piece) in spec.pieces.enumerated() where piece.kind == .normal || piece.kind == .userDefined {
      // A user-defined symbol scores above the normal pieces, so that it is preferred to them.
      if piece.kind == .userDefined { scores[index] = Float(0.1 * Double(piece.text.count - 1)) }
      strings.append((piece.text[...], Int32(index)))
    }
    // In single precision, the scores of a long text would lose too many digits without a reset.
    self.init(strings, scores: scores, unknown: unknown, smallest: smallest, resetThreshold: 100_000)
  }
}
