import Checkpoints
import Foundation
import Models
import Optimizers
import Results
import Support
import Tasks
import Tensors

/// One fine-tuning run, from settings to `results.json`.
public final class Run {
  public let output: OutputFolder
  private let task: BenchmarkTask
  private let checkpoint: LoadedCheckpoint
  private let plan: RunPlan
  private let optimizer: Optimizer
  private let trainer: Trainer
  private let dev: EncodedSplit
  private let stepsPerEpoch: Int
  private let observer: any RunObserver
  private let log: TrainLog
  private var result = RunResult()
  private var best: Evaluation?
  private var bestPrimary = -Double.infinity
  private var hasSaved = false

  /// Reads everything and checks it; the output folder is created last, so that a refused run leaves nothing behind.
  public init(_ settings: RunSettings, command: [String], observer: any RunObserver) throws {
    self.observer = observer
    guard let taskName = settings.task else {
      throw TrainingError.missingOption(
        name: "--task", expected: "one of \(TaskRegistry.names.joined(separator: ", "))")
    }
    ThreadPool.shared.configure(threads: settings.threadCount)
    let specification = try OptimizerRegistry.specification(settings.optimizer)
    _ = try OptimizerOptions(settings.optimizerOptions, for: specification)
    if let path = settings.output, !settings.overwrite,
      !((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).isEmpty
    {
      throw TrainingError.outputNotEmpty(path: path)
    }
    task = try TaskRegistry.find(taskName)
    let location = try task.locateData(settings.data)
    let trainData = try task.load(.train, from: location.folder, limit: settings.trainLimit)
    let devData = try task.load(.dev, from: location.folder, limit: settings.evaluationLimit)
    checkpoint = try LoadedCheckpoint(
      model: settings.model, task: task, dropout: settings.dropout, seed: settings.seed, randomInit: settings.randomInit
    )
    func order(_ window: Int) -> WindowOrder {
      WindowOrder(
        exampleCount: trainData.examples.count, windowSize: window, isShuffled: !settings.noShuffle, seed: settings.seed
      )
    }
    plan = try RunPlan(
      settings, task: task, checkpoint: checkpoint, specification: specification,
      stepsPerEpoch: { order($0).stepsPerEpoch }, note: observer.note)
    let train = try EncodedSplit(trainData, tokenizer: checkpoint.tokenizer, maximumLength: plan.maximumLength)
    dev = try EncodedSplit(devData, tokenizer: checkpoint.tokenizer, maximumLength: plan.maximumLength)
    let window = order(settings.batchSize * settings.accumulate)
    stepsPerEpoch = window.stepsPerEpoch
    optimizer = try Optimizer(
      settings.optimizer, options: settings.optimizerOptions, parameters: checkpoint.model.parameters,
      weightDecay: settings.weightDecay, seed: settings.seed, totalSteps: plan.totalSteps)
    trainer = Trainer(
      model: checkpoint.model, optimizer: optimizer, split: train, order: window, schedule: plan.schedule,
      batchSize: settings.batchSize, gradientClip: settings.gradientClip, seed: settings.seed,
      columns: checkpoint.columns)
    output = try OutputFolder(
      settings.output ?? OutputFolder.automatic(task: task.name, optimizer: settings.optimizer),
      overwrite: settings.overwrite)
    log = try TrainLog(path: output.path + "/train_log.jsonl")
    result.source = location.source.rawValue
    result.splits = [train, dev].map {
      .init(
        name: $0.data.split.rawValue, files: $0.data.files, examples: $0.sequences.count, available: $0.data.available,
        truncated: $0.truncated)
    }
    result.command = command
    try describe()
  }

  /// Trains, evaluates and writes everything; a run that ends early writes what there is.
  ///
  /// - Returns: the result, with status `completed` or `interrupted`.
  /// - Throws: the fault that stopped the run, after `results.json` has been written.
  public func execute() throws -> RunResult {
    announce()
    do {
      try train()
    } catch {
      let isDivergence = (error as? any UserError)?.exitStatus == .diverged
      result.status = isDivergence ? .diverged : .failed
      result.reason = (error as? any UserError)?.message ?? error.localizedDescription
      try? finish()
      throw error
    }
    try finish()
    return result
  }

  private func train() throws {
    let settings = plan.settings
    for step in 1...plan.totalSteps {
      let record = try trainer.takeStep(step)
      try log.append(record)
      result.throughput.tokens += record.tokens
      result.throughput.examples +=
        record.step % stepsPerEpoch == 0 ? lastWindow : settings.batchSize * settings.accumulate
      result.throughput.trainSeconds += record.seconds
      observer.step(record, of: plan.totalSteps)
      let isLast = step == plan.totalSteps
      if Interruption.isRequested, !isLast {
        result.status = .interrupted
        result.reason = "stopped by a signal after step \(step) of \(plan.totalSteps)"
        if settings.save == .last || (settings.save == .best && !hasSaved) { try save() }
        return
      }
      let isDue: Bool
      switch settings.evaluateEvery {
      case .epoch: isDue = step % stepsPerEpoch == 0
      case .steps(let interval): isDue = step % interval == 0
      }
      if isDue || isLast { try evaluate(record) }
    }
    if settings.save == .last { try save() }
    result.status = .completed
  }

  private var lastWindow: Int {
    let window = plan.settings.batchSize * plan.settings.accumulate
    let count = result.splits.first?.examples ?? 0
    return count % window == 0 ? window : count % window
  }

  private func evaluate(_ record: StepRecord) throws {
    let start = ContinuousClock.now
    let evaluation = Evaluator.evaluate(checkpoint.model, on: dev, task: task, columns: checkpoint.columns)
    result.throughput.evaluationSeconds += (ContinuousClock.now - start).seconds
    guard evaluation.logits.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw TrainingError.diverged(
        step: record.step, learningRate: record.learningRate, what: "a logit on the dev split")
    }
    let entry = EvaluationRecord(epoch: record.epoch, step: record.step, metrics: evaluation.metrics)
    result.history.append(entry)
    let isBetter = evaluation.primary > bestPrimary
    if isBetter { bestPrimary = evaluation.primary }
    observer.evaluation(entry, isBest: isBetter)
    guard isBetter || plan.settings.save != .best else { return }
    best = evaluation
    result.devMetrics = evaluation.metrics
    result.collapsed = evaluation.isCollapsed
    result.best = (
      record.epoch, record.step,
      plan.settings.save == .best
        ? "highest \(task.primaryMetric.rawValue) on dev, the first of equals" : "last evaluation"
    )
    if plan.settings.save == .best { try save() }
  }

  private func save() throws {
    try checkpoint.save(to: output.path + "/model", task: task)
    hasSaved = true
  }

  private func finish() throws {
    if let best {
      try PredictionsFile.write(
        to: output.path + "/predictions-dev.tsv", labels: task.labels,
        rows: zip(dev.data.examples, best.logits.indices).map { example, row in
          (example.index, best.predictions[row], example.label, best.logits[row])
        })
    }
    let parameterBytes = checkpoint.model.parameters.reduce(0) { $0 + $1.value.byteCount }
    result.memory = [
      ("parameters_bytes", parameterBytes), ("gradients_bytes", parameterBytes),
      ("optimizer_state_bytes", optimizer.stateBytes), ("peak_rss_bytes", Environment.peakResidentBytes),
    ]
    result.environment = Environment.json(threads: plan.settings.threadCount, blas: MatrixProduct.blasName)
    try Files.writeAtomically(output.path + "/results.json", result.json.serialized())
  }

  private func describe() throws {
    result.task = .object(
      JSONObject([
        "name": .text(task.name), "primary_metric": .text(task.primaryMetric.rawValue),
        "metrics": .array(task.metrics.map { .text($0.rawValue) }), "labels": .array(task.labels.map(JSON.text)),
      ]))
    let digests = try checkpoint.folder.weightFiles.map { JSON.text(try Digest.sha256(ofFile: $0)) }
    result.model = .object(
      JSONObject([
        "name": .text(checkpoint.name), "path": .text(checkpoint.folder.path),
        "architecture": .text(checkpoint.model.architecture),
        "parameters": .integer(checkpoint.model.parameters.reduce(0) { $0 + $1.count }),
        "sha256": digests.count == 1 ? digests[0] : digests.isEmpty ? .null : .array(digests),
      ]))
    let options = optimizer.options.resolved.map { option -> JSONObject.Member in
      let key = ByteString(String(option.key.map { $0 == "-" ? "_" : $0 }))
      return .init(key, Double(option.value) == nil ? .text(option.value) : .number(option.value))
    }
    result.optimizer = .object(
      JSONObject([
        "name": .text(optimizer.specification.name), "learning_rate": .real(plan.learningRate),
        "learning_rate_source": .text(plan.learningRateSource), "options": .object(JSONObject(options)),
      ]))
    result.config = plan.config
    result.seed = plan.settings.seed
  }

  private func announce() {
    let report = checkpoint.report
    if !report.unused.isEmpty {
      observer.note("weights of \(checkpoint.name) not used: \(report.unused.joined(separator: ", "))")
    }
    if !report.created.isEmpty { observer.note("created from the seed: \(report.created.joined(separator: ", "))") }
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
    for note in optimizer.notes { observer.note(note) }
    let isLowRank = optimizer.specification.options.contains { $0.key == "rank" }
    observer.parameters(
      ParameterRole.allCases.compactMap { role in
        let group = checkpoint.model.parameters.filter { $0.role == role }
        guard !group.isEmpty else { return nil }
        let count = group.reduce(0) { $0 + $1.count }
        return RunResult.RoleRow(
          role: role.rawValue, tensors: group.count, parameters: count,
          decayed: role.isDecayed && plan.settings.weightDecay > 0 ? count : 0,
          projected: role.isProjected && isLowRank ? count : 0)
      })
  }
}
