/// A score of predictions against the right answers, e.g. an accuracy from 0 to 1 or a correlation from −1 to 1.
///
/// Two metrics may share a name where they score different kinds of task: `f1` compares labels for classification, and
/// words for spans.
package struct Metric: Sendable, Equatable {
  /// The name in `task.yaml` and `results.json`, e.g. `matthews_correlation`.
  package let name: String
  package let isHigherBetter: Bool
  /// The kinds of task that the metric scores; empty for metrics of language modeling, which has no task.
  package let kinds: Set<TaskKind>
  /// Whether the metric is defined only for tasks with two labels.
  package let needsTwoLabels: Bool
  /// Whether the score compares predictions with right answers. Perplexity, for one, has none to compare with.
  package let usesAnswers: Bool
  private let scoring: MetricScoring

  init(
    _ name: String, isHigherBetter: Bool = true, kinds: Set<TaskKind>, needsTwoLabels: Bool = false,
    usesAnswers: Bool = true, _ scoring: MetricScoring
  ) {
    (self.name, self.isHigherBetter, self.kinds) = (name, isHigherBetter, kinds)
    (self.needsTwoLabels, self.usesAnswers, self.scoring) = (needsTwoLabels, usesAnswers, scoring)
  }

  /// The metrics that `task.yaml` can name.
  package static let all: [Metric] = [
    accuracy, normalizedAccuracy, f1, macroF1, matthewsCorrelation,
    pearson, spearman, meanSquaredError,
    spanExactMatch, spanF1, hasAnswerExactMatch, hasAnswerF1, noAnswerAccuracy, bestExactMatch, bestF1,
    textExactMatch, unparsable,
  ]

  /// The metric of ``all`` with a name that scores a kind of task; `nil` where there is none.
  package static func named(_ name: String, of kind: TaskKind) -> Metric? {
    all.first { $0.name == name && $0.kinds.contains(kind) }
  }

  package static func == (left: Metric, right: Metric) -> Bool {
    left.name == right.name && left.kinds == right.kinds
  }

  /// Scores predictions.
  ///
  /// - Parameters:
  ///   - predictions: predictions of a kind that the metric scores.
  ///   - answers: the right answer for each prediction; ignored where the metric does not use answers.
  package func score(_ predictions: [Prediction], _ answers: [Answer]) -> Double {
    precondition(!usesAnswers || predictions.count == answers.count)
    return scoring.score(predictions, answers)
  }

  /// How far the score may be off because the examples are a sample of all that could have been drawn; `nil` where
  /// there are too few of them to tell.
  ///
  /// - Parameters: as of ``score(_:_:)``.
  package func standardError(_ predictions: [Prediction], _ answers: [Answer]) -> StandardError? {
    precondition(!usesAnswers || predictions.count == answers.count)
    return scoring.standardError(predictions, answers)
  }

  /// The threshold that gives the score of a metric that looks for the best one; −∞ where no answer to every question
  /// gives it, `nil` for all other metrics.
  ///
  /// - Parameters: as of ``score(_:_:)``.
  package func bestThreshold(_ predictions: [Prediction], _ answers: [Answer]) -> Double? {
    guard case .statistic(let make) = scoring else { return nil }
    return (make(predictions, answers) as? BestThreshold)?.best.threshold
  }

  package func isBetter(_ score: Double, than other: Double) -> Bool {
    isHigherBetter ? score > other : score < other
  }
}
