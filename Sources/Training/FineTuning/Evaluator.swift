import Models
import Results
import Tasks
import Tensors

/// A model's logits on a split, and the scores they give.
package struct Evaluation: Sendable {
  /// For each example, one logit for each class of the task, in the task's order.
  package let logits: [[Float]]
  package let predictions: [Int]
  package let metrics: MetricValues
  package let primary: Double
  /// Every prediction is one class.
  package var isCollapsed: Bool { predictions.allSatisfy { $0 == predictions.first } }
}

package enum Evaluator {
  /// Scores `split` in file order, without dropout.
  ///
  /// - Parameter columns: the model's column of each class of the task.
  package static func evaluate(_ model: any Model, on split: EncodedSplit, task: BenchmarkTask, columns: [Int])
    -> Evaluation
  {
    var logits: [[Float]] = []
    for range in EvaluationPasses.ranges(split.sequences.map(\.ids.count)) {
      let output = model.logits(split.batch(range).batch, on: Tape(isTraining: false)).value
      for row in 0..<output.rows { logits.append(columns.map { output.pointer[row * output.columns + $0] }) }
    }
    let predictions = logits.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    let labels = split.sequences.map { $0.label ?? 0 }
    let metrics = task.metrics.map {
      (name: $0.rawValue, value: $0.score(predictions: predictions, labels: labels))
    }
    return Evaluation(
      logits: logits, predictions: predictions, metrics: metrics,
      primary: task.primaryMetric.score(predictions: predictions, labels: labels))
  }
}
