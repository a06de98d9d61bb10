import Models
import Results
import Tasks
import Tensors

/// The predictions and metrics of a model on a split.
struct SplitScore {
  let split: Split
  let predictions: [Prediction]
  let metrics: MetricValues
  /// Value of the metric that decides which model is the best.
  let primary: Double

  /// Scores a model on the examples in the order of their file, without dropout.
  ///
  /// - Throws: `TaskError` where an example has no right answer.
  init(_ model: any Model, on examples: any EncodedExamples, by taskProtocol: any TaskProtocol) throws {
    var predictions: [Prediction] = []
    for range in TokenBudget.ranges(examples.lengths) {
      let (tape, batch) = (Tape(isTraining: false), examples.batch(range))
      predictions += taskProtocol.predictions(
        model.logits(batch, on: tape), of: batch, towards: examples.targets(Array(range)), on: tape)
    }
    split = examples.data.split
    self.predictions = predictions
    // A language model needs no answers: the text itself says which token comes next.
    let answers = taskProtocol.head == .languageModel ? [] : try examples.data.answers()
    metrics = taskProtocol.metrics.map { ($0.name, $0.score(predictions, answers)) }
    primary = taskProtocol.primaryMetric.score(predictions, answers)
  }

  var isFinite: Bool { predictions.allSatisfy(\.isFinite) }
  /// Whether all predictions are the same label.
  var isCollapsed: Bool { Prediction.areOne(predictions) }
}
