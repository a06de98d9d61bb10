import Foundation
import Tasks

/// Finds the best answers to a question over the windows of its passage.
///
/// Source: `postprocess_qa_predictions` of transformers' `utils_qa.py`. It differs in one place: where no span is a
/// candidate, the original answers with the word "empty", which stands in no passage; this answers with no text.
package struct SpanSearch {
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
    let start: Float
    let end: Float
    var score: Float { start + end }
  }

  /// The best candidates of the windows so far, best first. Of equal scores, the first one found comes first. What is not
  /// among the best of some windows is not among the best of all, so that no more needs to be kept.
  private var best: [Found] = []
  /// No answer, with its least score over all windows.
  private var null: Found?

  package init(longestAnswer: Int, allowsNoAnswer: Bool, threshold: Double) {
    (self.longestAnswer, self.allowsNoAnswer, self.threshold) = (longestAnswer, allowsNoAnswer, threshold)
  }

  /// Adds the candidates of a window.
  ///
  /// - Parameters:
  ///   - passage: the tokens of the window that are the passage's.
  ///   - offsets: the bytes of the passage that each of these covers.
  ///   - starts: for each token of the window, the logit that an answer starts there.
  ///   - ends: likewise, that an answer ends there.
  package mutating func add(passage: Range<Int>, offsets: [Range<Int32>], starts: [Float], ends: [Float]) {
    guard let start = starts.first, let end = ends.first else { return }
    let none = Found(bytes: 0..<0, start: start, end: end)
    if null.map({ $0.score > none.score }) ?? true { null = none }
    for start in SpanSearch.largest(starts) where passage.contains(start) {
      for end in SpanSearch.largest(ends) where passage.contains(end) {
        guard end >= start, end - start < longestAnswer else { continue }
        let (from, to) = (offsets[start - passage.lowerBound], offsets[end - passage.lowerBound])
        best.append(
          Found(
            bytes: Int(from.lowerBound)..<max(Int(from.lowerBound), Int(to.upperBound)), start: starts[start],
            end: ends[end]))
      }
    }
    best = SpanSearch.best(best)
  }

  /// The indices of the largest values, the largest first. Of equal values the last comes first, as where a stable sort
  /// is read from its end.
  private static func largest(_ values: [Float]) -> ArraySlice<Int> {
    values.indices.sorted { values[$0] == values[$1] ? $0 > $1 : values[$0] > values[$1] }.prefix(candidates)
  }

  /// The best candidates, the best first, and of equal ones the first.
  private static func best(_ found: [Found]) -> [Found] {
    found.enumerated().sorted {
      $0.element.score == $1.element.score ? $0.offset < $1.offset : $0.element.score > $1.element.score
    }
    .prefix(candidates).map(\.element)
  }

  /// The prediction over all windows that were added.
  package func prediction(in passage: [UInt8]) -> SpanPrediction {
    let none = allowsNoAnswer ? null : nil
    var kept = SpanSearch.best(best + (none.map { [$0] } ?? []))
    // No answer counts among the best, and is there in any case.
    if let none, !kept.contains(where: { $0.bytes == none.bytes }) { kept.append(none) }
    let highest = kept.first?.score ?? 0
    let weights = kept.map { exp(Double($0.score - highest)) }
    let sum = weights.reduce(0, +)
    let all = zip(kept, weights).map { candidate, weight in
      SpanPrediction.Candidate(
        text: Array(passage[candidate.bytes]), score: candidate.score, probability: weight / sum)
    }
    guard let none else { return SpanPrediction(text: all.first?.text ?? [], best: all, nullScore: nil) }
    guard let answer = kept.first(where: { !$0.bytes.isEmpty }) else {
      return SpanPrediction(text: [], best: all, nullScore: Float.greatestFiniteMagnitude)
    }
    let difference = none.score - answer.start - answer.end
    return SpanPrediction(
      text: difference > Float(threshold) ? [] : Array(passage[answer.bytes]), best: all, nullScore: difference)
  }
}
