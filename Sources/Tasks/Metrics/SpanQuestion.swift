/// A question on a passage, scored by the rules of SQuAD's official `evaluate-v1.1.py` and `evaluate-v2.0.py`.
///
/// The two differ in answers that have no words left, such as "The": version 1.1 gives an F1 of 0 where both answers are
/// such. Version 2.0 drops such right answers, takes no answer for right where none is left, and gives 1.
struct SpanQuestion {
  let hasAnswer: Bool
  /// Whether the model says that the passage holds no answer.
  let isEmpty: Bool
  let nullScore: Double
  private let isVersion2: Bool
  private let predicted: NormalizedAnswer
  private let right: [NormalizedAnswer]

  /// All questions of a split. The rules of version 2.0 hold where a question has no answer or a prediction has a score
  /// for that.
  static func all(_ predictions: [Prediction], _ answers: [Answer]) -> [SpanQuestion] {
    let pairs = zip(predictions, answers).map { prediction, answer in
      guard case .span(let span) = prediction, case .spans(let right) = answer else {
        preconditionFailure("a metric of spans got none")
      }
      return (span, right)
    }
    let isVersion2 = pairs.contains { $0.nullScore != nil || $1.isEmpty }
    return pairs.map { SpanQuestion($0, $1, isVersion2: isVersion2) }
  }

  private init(_ span: SpanPrediction, _ answers: [AnswerSpan], isVersion2: Bool) {
    self.isVersion2 = isVersion2
    (hasAnswer, isEmpty) = (!answers.isEmpty, span.text.isEmpty)
    // The official script takes 0 where the model gives none.
    nullScore = Double(span.nullScore ?? 0)
    predicted = NormalizedAnswer(span.text)
    let right = answers.map { NormalizedAnswer($0.text) }.filter { !isVersion2 || !$0.words.isEmpty }
    self.right = right.isEmpty ? [NormalizedAnswer([])] : right
  }

  var isExact: Bool { right.contains(predicted) }

  /// The largest F1 with a right answer.
  var f1: Double {
    right.reduce(0) { best, answer in
      let isNone = isVersion2 && (answer.words.isEmpty || predicted.words.isEmpty)
      return max(best, isNone ? (answer == predicted ? 1 : 0) : answer.f1(predicted))
    }
  }
}
