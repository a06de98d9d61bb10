import Optimizers
import Results
import Support
import Tensors

/// Writes the files of a run besides its model: `train_log.jsonl`, captured second moments, predictions, event files and
/// finally `results.json`.
final class RunRecorder {
  let output: OutputFolder
  var record: RunRecord
  let capture: SecondMomentCapture?
  /// What the steps so far have read.
  private(set) var counts = RunCounts()
  private var log: TrainLog?
  private var events: EventFile?
  private let writesEvents: Bool

  static let logFile = "train_log.jsonl"

  /// Creates the output folder, or claims that of the run to go on with.
  ///
  /// - Parameter task: the task's name, for the name of a new folder if the settings give no folder.
  init(_ record: RunRecord, plan: RunPlan, optimizer: Optimizer, task: String) throws {
    self.record = record
    capture = try plan.settings.capture.map {
      try SecondMomentCapture($0, optimizer: optimizer, totalSteps: plan.totalSteps)
    }
    let settings = plan.settings
    writesEvents = settings.tensorboard
    output = try OutputFolder(
      settings.output, orNewOf: task, settings.optimizer,
      settings.resume ? .resume : settings.overwrite ? .overwrite : .new, sources: settings.sources)
  }

  /// Begins the log of a run that starts at its first step.
  ///
  /// - Throws: `FileError`.
  func start() throws(FileError) {
    try output.clear()
    try EventFile.removeAll(ofRun: output.path)
    log = try TrainLog(path: output.path + "/" + RunRecorder.logFile)
    if writesEvents { events = try EventFile(run: output.path, record) }
  }

  /// Goes on with the log and the record of a saved state.
  ///
  /// - Throws: `FileError`.
  func resume(_ state: RunState) throws(FileError) {
    log = try TrainLog(path: output.path + "/" + RunRecorder.logFile, keeping: state.log)
    counts = state.counts
    record.take(resultsOf: state.record)
    record.resumed.append(state.step)
    if writesEvents { events = try EventFile(run: output.path, record, after: state.step) }
  }

  /// The record and the place in the log, for a saved state.
  ///
  /// - Throws: `FileError` when the log cannot be flushed.
  func state() throws(FileError) -> RunState {
    try log?.flush()
    var state = RunState(record)
    if let log { state.log = log.mark }
    state.counts = counts
    return state
  }

  func append(_ step: StepRecord, examples count: Int) throws {
    try log?.append(step)
    try events?.append(step)
    try capture?.write(after: step.step, to: output.path)
    counts.tokens += step.tokens
    counts.examples += count
    record.throughput.trainSeconds += step.seconds
  }

  func append(_ evaluation: EvaluationRecord) throws {
    record.history.append(evaluation)
    try events?.append(evaluation)
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
  var hasLostLines: Bool { log?.lostLines ?? false }

  /// Writes `results.json`, the last file of a run.
  func finish(memory: [(name: String, bytes: Int)]) throws {
    let seconds = record.throughput.trainSeconds
    if seconds > 0 {
      record.throughput.tokensPerSecond = Double(counts.tokens) / seconds
      record.throughput.examplesPerSecond = Double(counts.examples) / seconds
    }
    record.memory = memory
    // A full disk must not cost the result, so the event file comes after it.
    try Files.writeAtomically(output.path + "/" + OutputFolder.results, record.json.serialized())
    try events?.finish(record.status)
  }
}

extension RunRecord {
  /// Takes the results so far of the same run; what identifies the run stays.
  fileprivate mutating func take(resultsOf other: RunRecord) {
    (metrics, scored, best, history) = (other.metrics, other.scored, other.best, other.history)
    (collapsed, outputs) = (other.collapsed, other.outputs)
    (throughput, resumed) = (other.throughput, other.resumed)
  }
}
