import Models
import Results
import Tasks

/// The predictions and metrics of a model on a split.
struct SplitScore {
  let split: Split
  let predictions: [Prediction]
  let metrics: MetricValues
  /// Value of the metric that decides which model is the best.
  let primary: Double
  private let answers: [Answer]

  /// Scores a model on the examples in the order of their file, without dropout.
  ///
  /// - Parameter tokenBudget: the most tokens in a forward pass.
  /// - Throws: `TaskError` where an example has no right answer, or the error of scoring or generating a text.
  init(
    _ model: any Model, on examples: any EncodedExamples, by taskProtocol: any TaskProtocol, tokenBudget: Int,
    progress: ScoringProgress = { _, _ in }
  ) throws {
    split = examples.data.split
    let predictions = try taskProtocol.predictions(
      of: examples, by: model, tokenBudget: tokenBudget, progress: progress)
    let answers = taskProtocol.needsAnswers ? try examples.data.answers() : []
    (self.predictions, self.answers) = (predictions, answers)
    metrics = taskProtocol.metrics.map { ($0.name, $0.score(predictions, answers)) }
    primary = taskProtocol.primaryMetric.score(predictions, answers)
  }

  var isFinite: Bool { predictions.allSatisfy(\.isFinite) }
  /// Whether all predictions are the same label.
  var isCollapsed: Bool { Prediction.areOne(predictions) }

  /// The thresholds of the metrics that look for the best one, which is a choice made on these very examples.
  func bestThresholds(by taskProtocol: any TaskProtocol) -> MetricValues {
    taskProtocol.metrics.compactMap { metric in
      metric.bestThreshold(predictions, answers).map { (metric.name, $0) }
    }
  }

  /// The scores with their standard errors and baselines.
  func scored(by taskProtocol: any TaskProtocol) -> ScoredSplit {
    let errors = taskProtocol.metrics.map { ($0.name, $0.standardError(predictions, answers)) }
    return ScoredSplit(
      split: split.name, metrics: metrics,
      standardErrors: errors.compactMap { name, error in error.map { (name, $0.value) } },
      methods: errors.compactMap { name, error in error.map { (name, $0.method.rawValue) } },
      baselines: taskProtocol.metrics.compactMap { metric in
        MajorityBaseline.score(metric, answers: answers).map { (metric.name, $0) }
      })
  }
}
