import Models
import Results
import Tasks
import Tensors

/// How well a model does on a split.
struct SplitScore {
  let split: Split
  let predictions: [Prediction]
  let metrics: MetricValues
  /// Value of the metric that decides which model is the best.
  let primary: Double

  /// Scores a model in the order of the file, without dropout.
  ///
  /// - Throws: `TaskError` where an example has no right answer.
  init(_ model: any Model, on examples: any EncodedExamples, by taskProtocol: any TaskProtocol) throws {
    var predictions: [Prediction] = []
    for range in EvaluationPasses.ranges(examples.lengths) {
      let (tape, batch) = (Tape(isTraining: false), examples.batch(range))
      predictions += taskProtocol.predictions(
        model.logits(batch, on: tape), of: batch, towards: examples.targets(Array(range)), on: tape)
    }
    split = examples.data.split
    self.predictions = predictions
    // A text is its own answer.
    let answers = taskProtocol.head == .languageModel ? [] : try examples.data.answers()
    metrics = taskProtocol.metrics.map { ($0.name, $0.score(predictions, answers)) }
    primary = taskProtocol.primaryMetric.score(predictions, answers)
  }

  var isFinite: Bool { predictions.allSatisfy(\.isFinite) }
  /// Whether every prediction is one label.
  var isCollapsed: Bool { Prediction.areOneLabel(predictions) }
}
