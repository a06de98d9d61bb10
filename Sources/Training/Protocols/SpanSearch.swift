import Foundation
import Tasks

/// Finds the best answers to a question over the windows of its passage.
///
/// Source: `postprocess_qa_predictions` of transformers' `utils_qa.py`.
struct SpanSearch {
  /// The number of candidates that are kept; `n_best_size` in transformers.
  static let candidates = 20

  /// The most tokens of an answer; `max_answer_length` in transformers.
  let longestAnswer: Int
  /// Whether a question may have no answer.
  let allowsNoAnswer: Bool
  /// No answer is predicted where its score exceeds that of the best answer by more than this;
  /// `null_score_diff_threshold` in transformers.
  let threshold: Double

  private struct Found {
    let bytes: Range<Int>
    let score: Float
  }

  private var found: [Found] = []
  /// The least score of no answer over all windows.
  private var nullScore: Float?

  init(longestAnswer: Int, allowsNoAnswer: Bool, threshold: Double) {
    (self.longestAnswer, self.allowsNoAnswer, self.threshold) = (longestAnswer, allowsNoAnswer, threshold)
  }

  /// Adds the candidates of a window.
  ///
  /// - Parameters:
  ///   - starts: for each token of the window, the logit that an answer starts there.
  ///   - ends: likewise, that an answer ends there.
  mutating func add(_ window: EncodedPassages.Window, starts: [Float], ends: [Float]) {
    let null = starts[0] + ends[0]
    nullScore = min(nullScore ?? null, null)
    for start in SpanSearch.largest(starts) where window.passage.contains(start) {
      for end in SpanSearch.largest(ends) where window.passage.contains(end) {
        guard end >= start, end - start < longestAnswer else { continue }
        let (from, to) = (
          window.offsets[start - window.passage.lowerBound], window.offsets[end - window.passage.lowerBound]
        )
        found.append(
          Found(
            bytes: Int(from.lowerBound)..<max(Int(from.lowerBound), Int(to.upperBound)),
            score: starts[start] + ends[end]))
      }
    }
  }

  /// The indices of the largest values, the largest first.
  private static func largest(_ values: [Float]) -> ArraySlice<Int> {
    values.indices.sorted { values[$0] == values[$1] ? $0 < $1 : values[$0] > values[$1] }.prefix(candidates)
  }

  /// The prediction over all windows that were added.
  func prediction(in passage: [UInt8]) -> SpanPrediction {
    let best = found.enumerated().sorted {
      $0.element.score == $1.element.score ? $0.offset < $1.offset : $0.element.score > $1.element.score
    }
    .prefix(SpanSearch.candidates).map { (text: Array(passage[$0.element.bytes]), score: $0.element.score) }
    var candidates = best.map { (text: $0.text, score: $0.score) }
    if allowsNoAnswer, let nullScore { candidates.append((text: [], score: nullScore)) }
    candidates.sort { $0.score > $1.score }
    let highest = candidates.first?.score ?? 0
    let weights = candidates.map { exp(Double($0.score - highest)) }
    let sum = weights.reduce(0, +)
    let all = zip(candidates, weights).map { candidate, weight in
      SpanPrediction.Candidate(text: candidate.text, score: candidate.score, probability: weight / sum)
    }
    let answer = best.first { !$0.text.isEmpty }
    guard allowsNoAnswer, let nullScore else {
      return SpanPrediction(text: best.first?.text ?? [], best: all, nullScore: nil)
    }
    let difference = answer.map { nullScore - $0.score }
    let isNull = difference.map { Double($0) > threshold } ?? true
    return SpanPrediction(
      text: isNull ? [] : answer?.text ?? [], best: all, nullScore: difference ?? Float.greatestFiniteMagnitude)
  }
}
