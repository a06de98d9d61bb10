import Checkpoints
import Foundation
import Models
import Optimizers
import Results
import Support
import Tasks
import Tensors

/// One fine-tuning run, from settings to `results.json`.
package final class Run {
  private let task: BenchmarkTask
  private let checkpoint: LoadedCheckpoint
  private let plan: RunPlan
  private let dev: EncodedSplit
  private let session: TrainingSession
  private let observer: any RunObserver

  /// Reads everything and checks it; the output folder is created last, so that a refused run leaves nothing behind.
  package init(_ settings: RunSettings, command: [String], observer: any RunObserver) throws {
    self.observer = observer
    let prepared = try PreparedRun(settings, note: observer.note)
    (task, plan, dev) = (prepared.task, prepared.plan, prepared.dev)
    let (train, order) = (prepared.train, prepared.order)
    checkpoint = try LoadedCheckpoint(
      prepared.opened, task: task, dropout: settings.dropout, seed: settings.seed, randomInit: settings.randomInit)
    let trainer = try plan.trainer(
      for: checkpoint.model, examples: ClassificationExamples(split: train, columns: checkpoint.columns), order: order)
    session = try TrainingSession(
      plan: plan, memory: prepared.memory, order: order, trainer: trainer,
      output: settings.output ?? OutputFolder.automatic(task: task.name, optimizer: settings.optimizer),
      command: command, observer: observer)
    session.result.source = prepared.source.rawValue
    session.result.splits = [train, dev].map {
      .init(
        name: $0.data.split.rawValue, files: $0.data.files, examples: $0.sequences.count, available: $0.data.available,
        truncated: $0.truncated)
    }
    session.result.task = .object(
      JSONObject([
        "name": .text(task.name), "primary_metric": .text(task.primaryMetric.rawValue),
        "metrics": .array(task.metrics.map { .text($0.rawValue) }), "labels": .array(task.labels.map(JSON.text)),
      ]))
    try session.result.describe(
      checkpoint.model, name: checkpoint.name, path: checkpoint.folder.path, weightFiles: checkpoint.folder.weightFiles)
  }

  package var output: OutputFolder { session.output }

  /// The memory that a run of these settings would take; its weights are not loaded and nothing is written.
  ///
  /// - Throws: ``TrainingError/doesNotFit(_:)``, unless `force` is set, or whatever else is wrong.
  package static func planMemory(_ settings: RunSettings) throws -> RunMemory {
    try PreparedRun(settings, note: { _ in }).memory
  }

  /// Lets an observer hear the optimizer's steps; before ``execute()``.
  package func observe(with observer: any OptimizerObserver) { session.observe(with: observer) }

  /// Trains, evaluates and writes everything; a run that ends early writes what there is.
  ///
  /// - Returns: the result, with status `completed` or `interrupted`.
  /// - Throws: the fault that stopped the run, after `results.json` has been written.
  package func execute() throws -> RunResult {
    announce()
    return try session.execute(self)
  }

  private func announce() {
    let (report, result) = (checkpoint.report, session.result)
    if !report.unused.isEmpty {
      observer.note("weights of \(checkpoint.name) not used: \(report.unused.joined(separator: ", "))")
    }
    if !report.created.isEmpty { observer.note("created from the seed: \(report.created.joined(separator: ", "))") }
    if plan.settings.randomInit { observer.note("fresh weights: only the config and tokenizer of \(checkpoint.name)") }
    if result.source == DataLocation.Source.sample.rawValue {
      observer.note(
        "data: the bundled sample of \(task.name), made by this project; a score on it is not a benchmark score")
    }
    for split in result.splits where split.truncated > 0 {
      observer.note(
        "\(split.truncated) of \(split.examples) \(split.name) examples cut to \(plan.maximumLength) tokens")
    }
    for split in result.splits where split.examples < split.available {
      observer.note("\(split.name): the first \(split.examples) of \(split.available) examples only")
    }
  }
}

extension Run: TrainingGoal {
  var bestRule: String { "highest \(task.primaryMetric.rawValue) on dev, the first of equals" }

  func score() -> GoalScore {
    let evaluation = Evaluator.evaluate(checkpoint.model, on: dev, task: task, columns: checkpoint.columns)
    return GoalScore(
      metrics: evaluation.metrics, primary: evaluation.primary,
      isFinite: evaluation.logits.allSatisfy { $0.allSatisfy(\.isFinite) }, isCollapsed: evaluation.isCollapsed,
      evaluation: evaluation)
  }

  func save(to path: String) throws { try checkpoint.save(to: path, task: task) }

  func finish(_ best: GoalScore?, _ result: inout RunResult, folder: String) throws {
    guard let evaluation = best?.evaluation else { return }
    try PredictionsFile.write(
      to: folder + "/predictions-dev.tsv", labels: task.labels,
      rows: zip(dev.data.examples, evaluation.logits.indices).map { example, row in
        (example.index, evaluation.predictions[row], example.label, evaluation.logits[row])
      })
  }
}
