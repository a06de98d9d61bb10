import Checkpoints
import Models
import Optimizers
import Results
import Support
import Tasks
import Tensors
import Tokenization

/// One run from settings to `results.json`. A run fine-tunes a model on a task or trains a language model on a text.
package final class Run {
  private let planned: PlannedRun
  private let model: any Model
  private let report: WeightReport
  private let trainer: Trainer
  private let recorder: RunRecorder
  private let states: StateKeeper
  private let resumption: Resumption
  private let observer: any RunObserver

  private init(
    _ planned: PlannedRun, _ model: any Model, _ report: WeightReport, _ trainer: Trainer, _ recorder: RunRecorder,
    _ states: StateKeeper, _ resumption: Resumption, _ observer: any RunObserver
  ) {
    (self.planned, self.model, self.report) = (planned, model, report)
    (self.trainer, self.recorder, self.observer) = (trainer, recorder, observer)
    (self.states, self.resumption) = (states, resumption)
  }

  /// Reads and checks all inputs, loads the weights and creates the output folder, or finds what is left of the run in
  /// it. The folder comes last, so that a refused run leaves nothing behind.
  ///
  /// - Parameter command: the program's arguments, for `results.json`.
  /// - Throws: the error of the settings, data, checkpoint or output folder; ``TrainingError/doesNotFit(_:)``.
  package static func prepare(_ settings: RunSettings, command: [String], observer: any RunObserver) throws -> Run {
    let planned = try PlannedRun(settings, note: observer.note)
    let checkpoint = planned.prepared.checkpoint
    let (model, report) = try Profiler.phase("loading weights") {
      try checkpoint.load(dropout: settings.dropout, seed: settings.seed, newHead: planned.prepared.newHead != nil)
    }
    // A method with phases trains all of these, but not at the same time.
    let trained = model.parameters.reduce(0) { $0 + ($1.isTrainable ? $1.count : 0) }
    let trainer = try planned.plan.trainer(
      for: model, examples: planned.train, order: planned.order, mass: planned.loss.mass)
    var record = RunRecord()
    record.command = command
    record.config = planned.plan.resolved.recorded
    record.seed = settings.seed
    record.task = planned.record
    record.source = planned.prepared.data.source.rawValue
    record.splits = ([planned.train] + planned.prepared.dev).map(\.record)
    record.model = try describe(model, checkpoint, trained: trained)
    record.optimizer = describe(trainer.optimizer, planned.plan)
    record.environment = Environment.json(threads: settings.threadCount, blas: MatrixProduct.blasName)
    let recorder = try RunRecorder(
      record, plan: planned.plan, optimizer: trainer.optimizer, task: planned.prepared.data.name)
    let states = StateKeeper(
      settings.checkpointEvery, output: recorder.output,
      tensors: StateTensors(trainer: trainer, capture: recorder.capture))
    let resumption = try Resumption.find(
      for: record, totalSteps: planned.plan.totalSteps, writesEvents: settings.tensorboard, in: recorder.output,
      states: states, note: observer.note)
    return Run(planned, model, report, trainer, recorder, states, resumption, observer)
  }

  /// Plans the memory of a run with these settings. No weights are loaded and nothing is written.
  ///
  /// - Throws: ``TrainingError/doesNotFit(_:)`` unless `force` is set; the error of the settings, data or checkpoint.
  package static func planMemory(_ settings: RunSettings) throws -> RunMemory {
    try PlannedRun(settings, note: { _ in }).memory
  }

  package var output: OutputFolder { recorder.output }
  /// What is recorded of the run so far.
  package var record: RunRecord { recorder.record }

  /// Adds an observer of the optimizer's steps. Must be called before ``execute()``.
  package func observe(with observer: any OptimizerObserver) { trainer.optimizer.observers.append(observer) }

  /// Trains, evaluates and writes all output files. A run that ends early writes the results so far. A resumed run goes
  /// on where it was stopped; one that has ended before does nothing.
  ///
  /// - Returns: the record, with status `completed` or `interrupted`.
  /// - Throws: the error that stopped the run, after writing `results.json`; or the error of writing this file.
  package func execute() throws -> RunRecord {
    if case .ended(let record) = resumption { return try ended(record) }
    let state = try begin()
    announce()
    let loop = TrainingLoop(
      planned, trainer: trainer, recorder: recorder, states: states, from: state, observer: observer
    ) { try Profiler.phase("saving") { try self.saveModel() } }
    do {
      try loop.run()
      try Profiler.phase("evaluation") { try measureTraining() }
    } catch {
      let isDivergence = (error as? any UserError)?.exitStatus == .diverged
      recorder.record.status = isDivergence ? .diverged : .failed
      recorder.record.reason = (error as? any UserError)?.message ?? error.localizedDescription
      // An error of writing must not hide the error that stopped the run.
      let isRecorded = (try? finish()) != nil
      if isDivergence, isRecorded { removeStates() }
      throw error
    }
    try Profiler.phase("results") { try finish() }
    if recorder.hasLostLines {
      observer.note("train_log.jsonl was removed during the run; the one there now lacks the steps before that")
    }
    if recorder.record.status == .completed { removeStates() }
    return recorder.record
  }

  /// Starts the log and the states, or restores the state that the run goes on from.
  private func begin() throws -> RunState {
    switch resumption {
    case .state(let state):
      trainer.resume(after: state.step)
      try states.restore(state)
      try recorder.resume(state)
      return state
    case .new:
      // This state comes before any other file, so that a run that is killed early is known as the one to resume.
      let state = RunState(recorder.record)
      if planned.plan.settings.resume || planned.plan.settings.checkpointEvery != nil { try states.save(state) }
    case .start, .ended: break
    }
    try recorder.start()
    return RunState(recorder.record)
  }

  private func ended(_ record: RunRecord) throws -> RunRecord {
    // The states are still here where the process was killed after it wrote the results.
    removeStates()
    guard record.status == .completed else {
      throw TrainingError.divergedBefore(path: output.path, reason: record.reason ?? "")
    }
    observer.note("the run in \(output.path) has completed before; nothing is run again")
    return record
  }

  /// Removes the states, which a run that has completed or diverged does not need.
  private func removeStates() {
    do { try states.end() } catch { observer.note("the states of the ended run stay: \(error.message)") }
  }

  /// Saves the model in Hugging Face layout, and the maximum length that it was trained with.
  private func saveModel() throws {
    let (folder, checkpoint) = (output.path + "/model", planned.prepared.checkpoint)
    let config = planned.prepared.taskProtocol.saved(checkpoint.config, architecture: model.architecture)
    if let adapter = checkpoint.savedAdapter {
      try CheckpointWriter.saveAround(
        config: config, tokenizerFiles: TokenizerFiles.names, from: checkpoint.tokenizerFolder,
        generationConfig: checkpoint.weightsFolder, to: folder)
      try AdapterFolder.write(
        model.parameters, adapter, checkpoint.shape.outline, head: checkpoint.shape.head,
        base: Files.resolved(checkpoint.weightsFolder), from: checkpoint.adapterFolder, to: folder)
    } else {
      try CheckpointWriter.save(
        config: config,
        tensors: (checkpoint.adapter as? LoRA)?.mergedCopies(model.parameters)
          ?? model.parameters.map { ($0.name, $0.stored) },
        tokenizerFiles: TokenizerFiles.names, from: checkpoint.tokenizerFolder, generationConfig: checkpoint.path,
        to: folder)
    }
    let presets = CheckpointPresets.saved(
      task: planned.prepared.data.name, maximumLength: planned.prepared.maximumLength,
      trainedFor: planned.prepared.data.trainedFor)
    try Files.writeAtomically(folder + "/" + CheckpointPresets.file, presets.serialized())
    try recorder.take("model/" + (checkpoint.savedAdapter == nil ? "model.safetensors" : AdapterFolder.weightFile))
  }

  /// Scores the last model on a sample of the training data, if the protocol provides one.
  private func measureTraining() throws {
    let taskProtocol = planned.prepared.taskProtocol
    guard let count = planned.prepared.dev.first?.count,
      let sample = taskProtocol.trainingSample(planned.train, count: count)
    else { return }
    let score = try SplitScore(
      model, on: sample, by: taskProtocol, tokenBudget: planned.plan.settings.tokensPerPass)
    if score.isFinite { recorder.record.metrics.append((sample.data.split.name, score.metrics)) }
  }

  private func finish() throws {
    try recorder.finish(
      memory: [
        ("parameters_bytes", model.parameters.reduce(0) { $0 + $1.layout.byteCount }),
        ("gradients_bytes", trainer.largest.gradients),
        ("optimizer_state_bytes", max(trainer.largest.states, trainer.optimizer.stateBytes)),
        ("peak_rss_bytes", Environment.peakResidentBytes),
      ] + planned.memory.json)
  }
}

/// Descriptions of a run at its start, for the user and for its record.
extension Run {
  private func announce() {
    let (checkpoint, settings) = (planned.prepared.checkpoint, planned.plan.settings)
    if checkpoint.weightFiles.isEmpty {
      observer.note("fresh weights: only the config and tokenizer of \(checkpoint.name) are used")
    } else if settings.command == .pretrain {
      observer.note("training goes on from the weights of \(checkpoint.name); --random-init starts afresh")
    }
    if let reason = planned.prepared.newHead {
      observer.note("a new classifier is made for \(checkpoint.path): \(reason)")
    }
    if !report.unused.isEmpty {
      observer.note("weights of \(checkpoint.name) not used: \(report.unused.joined(separator: ", "))")
    }
    if !report.created.isEmpty { observer.note("created from the seed: \(report.created.joined(separator: ", "))") }
    if let note = planned.loss.note { observer.note(note) }
    for note in planned.prepared.dataNotes + trainer.optimizer.notes { observer.note(note) }
    observer.parameters(ParameterRow.table(model.parameters, optimizer: trainer.optimizer))
  }

  private static func describe(_ model: any Model, _ checkpoint: OpenedCheckpoint, trained: Int) throws -> JSON {
    let digests = try checkpoint.weightFiles.map { JSON.text(try Digest.sha256(ofFile: $0)) }
    // A setting of the model or an entry of its vocabulary makes another model of the same weights. The config goes by
    // one name, whatever that of its file; a pipe cannot be read again.
    let config = checkpoint.configFile
    let described = [
      JSONObject.Member(
        "config.json",
        .text(
          try Files.kind(config) == .file
            ? Digest.sha256(ofFile: config) : Digest.sha256(checkpoint.config.serialized())))
    ]
    let others =
      TokenizerFiles.names.map { (name: $0, path: checkpoint.tokenizerFolder + "/" + $0) }
      + (checkpoint.adapterFolder == nil
        ? [] : [(name: "base/config.json", path: checkpoint.weightsFolder + "/config.json")])
    let tokenizer = try others.filter { Files.kind($0.path) == .file }
      .map { JSONObject.Member(ByteString($0.name), .text(try Digest.sha256(ofFile: $0.path))) }
    // The config of an adapter says by what its weights are multiplied. The checkpoint beside it may move.
    let adapter =
      try checkpoint.adapterFolder.map {
        [JSONObject.Member(ByteString(AdapterFolder.configFile), .text(try $0.configDigest()))]
      } ?? []
    return .object(
      JSONObject([
        "name": .text(checkpoint.name), "path": .text(checkpoint.path), "architecture": .text(model.architecture),
        "parameters": .integer(model.parameters.reduce(0) { $0 + $1.count }),
        "trained_parameters": .integer(trained),
        "files": .object(JSONObject(described + tokenizer + adapter)),
        "sha256": digests.count == 1 ? digests[0] : digests.isEmpty ? .null : .array(digests),
      ]))
  }

  private static func describe(_ optimizer: Optimizer, _ plan: RunPlan) -> JSON {
    let options = optimizer.options.resolved.map { option -> JSONObject.Member in
      let key = ByteString(SettingName.snake(option.key))
      return .init(key, Double(option.value) == nil ? .text(option.value) : .number(option.value))
    }
    return .object(
      JSONObject([
        "name": .text(optimizer.specification.name),
        // A rule with its own schedule of rates has its largest rate at step 1.
        "learning_rate": .real(optimizer.learningRate(step: 1, scheduled: plan.learningRate)),
        "learning_rate_source": .text(optimizer.usesSchedule ? plan.learningRateSource : "optimizer"),
        "options": .object(JSONObject(options)),
      ]))
  }
}
