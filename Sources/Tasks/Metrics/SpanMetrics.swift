extension Metric {
  /// The share of questions whose predicted answer is one of the right ones, after ``NormalizedAnswer``.
  static let spanExactMatch = Metric(span: "exact_match", .share { SpanQuestion.all($0, $1).map(\.isExact) })

  /// The mean over the questions of the largest F1 of words between the predicted answer and a right one.
  static let spanF1 = Metric(span: "f1", .mean { SpanQuestion.all($0, $1).map(\.f1) })

  /// `HasAns_exact` of SQuAD v2.0; 0 where no question has an answer.
  static let hasAnswerExactMatch = Metric(
    span: "has_answer_exact_match", .share { SpanQuestion.all($0, $1).filter(\.hasAnswer).map(\.isExact) })

  /// `HasAns_f1` of SQuAD v2.0; 0 where no question has an answer.
  static let hasAnswerF1 = Metric(
    span: "has_answer_f1", .mean { SpanQuestion.all($0, $1).filter(\.hasAnswer).map(\.f1) })

  /// The share of the questions without answer for which none is predicted: `NoAns_exact` of SQuAD v2.0, which equals
  /// `NoAns_f1`. It is 0 where every question has an answer.
  static let noAnswerAccuracy = Metric(
    span: "no_answer_accuracy", .share { SpanQuestion.all($0, $1).filter { !$0.hasAnswer }.map(\.isExact) })

  /// `best_exact` of SQuAD v2.0; see ``BestThreshold``.
  static let bestExactMatch = Metric(
    span: "best_exact_match", .statistic { BestThreshold(SpanQuestion.all($0, $1)) { $0.isExact ? 1 : 0 } })

  /// `best_f1` of SQuAD v2.0; see ``BestThreshold``.
  static let bestF1 = Metric(span: "best_f1", .statistic { BestThreshold(SpanQuestion.all($0, $1)) { $0.f1 } })

  private init(span name: String, _ scoring: MetricScoring) { self.init(name, kinds: [.span], scoring) }
}
