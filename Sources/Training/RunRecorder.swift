import Optimizers
import Results
import Support
import Tensors

/// Writes the files of a run besides its model: `train_log.jsonl`, captured second moments, predictions and finally
/// `results.json`.
final class RunRecorder {
  let output: OutputFolder
  var record: RunRecord
  private let log: TrainLog
  private let capture: SecondMomentCapture?
  private let threads: Int
  private var tokens = 0
  private var examples = 0

  /// Creates the output folder.
  ///
  /// - Parameter task: the task's name, for the name of a new folder if the settings give no folder.
  init(_ record: RunRecord, plan: RunPlan, optimizer: Optimizer, task: String) throws {
    (self.record, threads) = (record, plan.settings.threadCount)
    capture = try plan.settings.capture.map {
      try SecondMomentCapture($0, optimizer: optimizer, totalSteps: plan.totalSteps)
    }
    let settings = plan.settings
    output = try OutputFolder(
      settings.output, orNewOf: task, settings.optimizer, overwrite: settings.overwrite, sources: settings.sources)
    log = try TrainLog(path: output.path + "/train_log.jsonl")
  }

  func append(_ step: StepRecord, examples count: Int) throws {
    try log.append(step)
    try capture?.write(after: step.step, to: output.path)
    tokens += step.tokens
    examples += count
    record.throughput.trainSeconds += step.seconds
  }

  /// Writes the predictions on a split, replacing those of an earlier model.
  func write(_ rows: [PredictionsFile.Row], split: String) throws {
    let name = "predictions-\(split).tsv"
    try FolderClaim.add(name, in: output.path)
    try PredictionsFile.write(to: output.path + "/" + name, rows)
    try take(name)
  }

  /// Records the hash of an output file in the outcome.
  func take(_ name: String) throws {
    record.outputs.removeAll { $0.name == name }
    record.outputs.append((name, try Digest.sha256(ofFile: output.path + "/" + name)))
  }

  /// Whether log lines were lost because `train_log.jsonl` was removed during the run.
  var hasLostLines: Bool { log.lostLines }

  /// Writes `results.json`, the last file of a run.
  func finish(memory: [(name: String, bytes: Int)]) throws {
    let seconds = record.throughput.trainSeconds
    if seconds > 0 {
      record.throughput.tokensPerSecond = Double(tokens) / seconds
      record.throughput.examplesPerSecond = Double(examples) / seconds
    }
    record.memory = memory
    record.environment = Environment.json(threads: threads, blas: MatrixProduct.blasName)
    try Files.writeAtomically(output.path + "/results.json", record.json.serialized())
  }
}
