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

  /// Scores a model on the examples in the order of their file, without dropout.
  ///
  /// - Throws: `TaskError` where an example has no right answer, or the error of scoring or generating a text.
  init(_ model: any Model, on examples: any EncodedExamples, by taskProtocol: any TaskProtocol) throws {
    split = examples.data.split
    predictions = try taskProtocol.predictions(of: examples, by: model)
    let predictions = predictions
    let answers = taskProtocol.needsAnswers ? try examples.data.answers() : []
    metrics = taskProtocol.metrics.map { ($0.name, $0.score(predictions, answers)) }
    primary = taskProtocol.primaryMetric.score(predictions, answers)
  }

  var isFinite: Bool { predictions.allSatisfy(\.isFinite) }
  /// Whether all predictions are the same label.
  var isCollapsed: Bool { Prediction.areOne(predictions) }
}
