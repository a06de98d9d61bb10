import Memory
import Results
import Support
import Tasks
import Tensors

/// A saved model's score on the dev split: the same as the run's that saved it.
package struct DevScore {
  private let task: BenchmarkTask
  private let split: EncodedSplit
  private let evaluation: Evaluation
  private let source: DataLocation.Source
  package private(set) var notes: [String] = []

  /// - Throws: an error of the task, checkpoint or tokenizer saying what does not fit.
  package init(_ settings: RunSettings) throws {
    ThreadPool.shared.configure(threads: settings.threadCount)
    try ProgramMemory.requireAddressSpace()
    task = try TaskRegistry.find(settings.task ?? "")
    let location = try task.locateData(settings.data)
    source = location.source
    let data = try task.load(.dev, from: location.folder, limit: settings.evaluationLimit)
    let checkpoint = try LoadedCheckpoint(model: settings.model, task: task, dropout: 0, mustHaveHead: true)
    var notes: [String] = []
    let length = try RunPlan.maximumLength(
      settings, preset: task.presets.maximumLength ?? 128, positions: checkpoint.model.maximumLength,
      name: checkpoint.name
    ) { notes.append($0) }
    split = try EncodedSplit(data, tokenizer: checkpoint.tokenizer, maximumLength: length)
    evaluation = Evaluator.evaluate(checkpoint.model, on: split, task: task, columns: checkpoint.columns)
    if split.truncated > 0 {
      notes.append("\(split.truncated) of \(split.sequences.count) examples cut to \(length) tokens")
    }
    if source == .sample { notes.append("data: the bundled sample; a score on it is not a benchmark score") }
    if data.examples.count < data.available {
      notes.append("the first \(data.examples.count) of \(data.available) examples only")
    }
    self.notes = notes
  }

  package var metrics: MetricValues { evaluation.metrics }
  /// Whether every prediction is one class.
  package var isCollapsed: Bool { evaluation.isCollapsed }

  package var json: JSON {
    .object(
      JSONObject([
        "task": .text(task.name), "source": .text(source.rawValue), "examples": .integer(split.sequences.count),
        "available": .integer(split.data.available), "truncated": .integer(split.truncated),
        "collapsed": .bool(evaluation.isCollapsed), "metrics": .object(JSONObject(["dev": RunResult.json(metrics)])),
      ]))
  }

  package func writePredictions(to path: String) throws(FileError) {
    try PredictionsFile.write(
      to: path, labels: task.labels,
      rows: zip(split.data.examples, evaluation.logits.indices).map { example, row in
        (example.index, evaluation.predictions[row], example.label, evaluation.logits[row])
      })
  }
}
