/// Reads the answer from a text that a language model wrote.
///
/// Source: `extract_answer` of LLM-Adapters' `commonsense_evaluate.py`: the text up to the next `### Response:`, stripped,
/// then the first place where one of the possible answers stands, with regard to case.
package struct AnswerExtraction: Sendable, Equatable {
  /// The possible answers; empty where the whole text is the answer.
  let answers: [[UInt8]]

  private static let end = Array("### Response:".utf8)

  /// - Returns: `nil` where the text holds none.
  package func answer(in text: [UInt8]) -> [UInt8]? {
    let end = text.firstRange(of: AnswerExtraction.end)?.lowerBound ?? text.endIndex
    let kept = Array(text[..<end]).stripped
    guard !answers.isEmpty else { return kept.isEmpty ? nil : kept }
    // Of answers that begin at one place, the first in the list counts, as in a regular expression's alternatives.
    var best: (start: Int, answer: [UInt8])?
    for answer in answers {
      guard let start = kept.firstRange(of: answer)?.lowerBound, start < best?.start ?? .max else { continue }
      best = (start, answer)
    }
    return best?.answer
  }
}

extension BenchmarkTask {
  /// How answers are read from texts, for a split that may have answers of its own.
  package func extraction(of split: Split?) -> AnswerExtraction {
    let own = split.flatMap { split in splits.first { $0.split == split }?.extract } ?? []
    return AnswerExtraction(answers: own.isEmpty ? extract : own)
  }

  /// Length in bytes of what stands between a context and its choices.
  package var separatorLength: Int { likelihood?.separator.count ?? 0 }
}
