import Foundation

/// A score of predictions against the right answers, e.g. an accuracy from 0 to 1 or a correlation from −1 to 1.
package struct Metric: Sendable, Equatable {
  /// The name in `task.yaml` and `results.json`, e.g. `matthews_correlation`.
  package let name: String
  package let isHigherBetter: Bool
  /// The kind of task that the metric scores; `nil` for metrics of language modeling, which has no task.
  let kind: TaskKind?
  /// Whether the metric is defined only for tasks with two labels.
  let needsTwoLabels: Bool
  private let compute: @Sendable ([Prediction], [Answer]) -> Double

  private init(
    _ name: String, isHigherBetter: Bool = true, kind: TaskKind?, needsTwoLabels: Bool = false,
    _ compute: @escaping @Sendable ([Prediction], [Answer]) -> Double
  ) {
    (self.name, self.isHigherBetter, self.kind) = (name, isHigherBetter, kind)
    (self.needsTwoLabels, self.compute) = (needsTwoLabels, compute)
  }

  /// Makes a metric that compares label numbers.
  private init(
    classes name: String, needsTwoLabels: Bool = false, _ compute: @escaping @Sendable ([Int], [Int]) -> Double
  ) {
    self.init(name, kind: .classification, needsTwoLabels: needsTwoLabels) { predictions, answers in
      compute(
        predictions.map { if case .label(let label, _) = $0 { label } else { -1 } },
        answers.map { if case .label(let label) = $0 { label } else { -1 } })
    }
  }

  /// The metrics that `task.yaml` can name.
  package static let all: [Metric] = [
    Metric(classes: "accuracy", accuracy), Metric(classes: "f1", needsTwoLabels: true, f1),
    Metric(classes: "matthews_correlation", matthews),
  ]

  /// The metrics of language models: perplexity, and the mean negative log-likelihood per token in nats.
  package static let languageModeling: [Metric] = [
    Metric("perplexity", isHigherBetter: false, kind: nil) { predictions, _ in exp(meanLoss(predictions)) },
    Metric("loss", isHigherBetter: false, kind: nil) { predictions, _ in meanLoss(predictions) },
  ]

  /// The metric of ``all`` with a name that scores tasks of a kind; `nil` where there is none.
  package static func named(_ name: String, of kind: TaskKind) -> Metric? {
    all.first { $0.name == name && $0.scores(kind) }
  }

  package func scores(_ other: TaskKind) -> Bool { kind == other }

  package static func == (left: Metric, right: Metric) -> Bool { left.name == right.name }

  /// Scores predictions.
  ///
  /// - Parameters:
  ///   - predictions: predictions of the kind that the metric scores.
  ///   - answers: the right answer for each prediction; ignored for a language model.
  package func score(_ predictions: [Prediction], _ answers: [Answer]) -> Double {
    precondition(kind == nil || predictions.count == answers.count)
    return compute(predictions, answers)
  }

  package func isBetter(_ score: Double, than other: Double) -> Bool {
    isHigherBetter ? score > other : score < other
  }
}

extension Metric {
  private static func accuracy(_ predictions: [Int], _ labels: [Int]) -> Double {
    guard !labels.isEmpty else { return 0 }
    return Double(zip(predictions, labels).count { $0 == $1 }) / Double(labels.count)
  }

  /// F1 with the second label as the positive class, as scikit-learn's `f1_score` for binary labels.
  private static func f1(_ predictions: [Int], _ labels: [Int]) -> Double {
    let hits = Double(zip(predictions, labels).count { $0 == 1 && $1 == 1 })
    let total = Double(predictions.count { $0 == 1 } + labels.count { $0 == 1 })
    // Without any positive, scikit-learn's score is 0.
    return total == 0 ? 0 : 2 * hits / total
  }

  /// Matthews correlation in its multiclass form (Gorodkin, 2004), computed from class counts. The score is 0 where the
  /// predictions or the labels are all of one class.
  private static func matthews(_ predictions: [Int], _ labels: [Int]) -> Double {
    let classes = (predictions + labels).reduce(0) { max($0, $1 + 1) }
    var (predicted, actual) = (Array(repeating: 0.0, count: classes), Array(repeating: 0.0, count: classes))
    for value in predictions { predicted[value] += 1 }
    for value in labels { actual[value] += 1 }
    let (total, hits) = (Double(labels.count), Double(zip(predictions, labels).count { $0 == $1 }))
    func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let covariance = hits * total - inner(predicted, actual)
    let spread = (total * total - inner(predicted, predicted)) * (total * total - inner(actual, actual))
    return spread <= 0 ? 0 : covariance / spread.squareRoot()
  }

  private static func meanLoss(_ predictions: [Prediction]) -> Double {
    var (nats, tokens) = (0.0, 0)
    for case .likelihood(let part, let count) in predictions {
      nats += part
      tokens += count
    }
    return nats / Double(tokens)
  }
}
