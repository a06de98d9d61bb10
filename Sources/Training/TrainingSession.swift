import Foundation
import Models
import Optimizers
import Results
import Support
import Tensors

/// The loop of a run and its records: steps, evaluations, the model saved, `train_log.jsonl`, `results.json`.
///
/// A run that ends early, by a signal or a fault, writes what there is.
final class TrainingSession {
  let output: OutputFolder
  var result = RunResult()
  private let settings: RunSettings
  private let totalSteps: Int
  private let stepsPerEpoch: Int
  private let exampleCount: Int
  private let trainer: Trainer
  private let memory: RunMemory
  private let observer: any RunObserver
  private let log: TrainLog
  private let capture: SecondMomentCapture?
  private var best: GoalScore?
  private var bestPrimary = -Double.infinity
  private var hasSaved = false

  /// Creates the output folder.
  init(
    plan: RunPlan, memory: RunMemory, order: WindowOrder, trainer: Trainer, output: String, command: [String],
    observer: any RunObserver
  ) throws {
    (settings, totalSteps, self.trainer, self.observer) = (plan.settings, plan.totalSteps, trainer, observer)
    (stepsPerEpoch, exampleCount) = (order.stepsPerEpoch, order.exampleCount)
    self.memory = memory
    capture = try plan.settings.capture.map {
      try SecondMomentCapture($0, optimizer: trainer.optimizer, totalSteps: plan.totalSteps)
    }
    self.output = try OutputFolder(output, overwrite: plan.settings.overwrite, sources: plan.settings.sources)
    log = try TrainLog(path: self.output.path + "/train_log.jsonl")
    result.command = command
    result.config = plan.resolved.recorded
    result.seed = plan.settings.seed
    let optimizer = trainer.optimizer
    let options = optimizer.options.resolved.map { option -> JSONObject.Member in
      let key = ByteString(String(option.key.map { $0 == "-" ? "_" : $0 }))
      return .init(key, Double(option.value) == nil ? .text(option.value) : .number(option.value))
    }
    result.optimizer = .object(
      JSONObject([
        "name": .text(optimizer.specification.name), "learning_rate": .real(plan.learningRate),
        "learning_rate_source": .text(plan.learningRateSource), "options": .object(JSONObject(options)),
      ]))
  }

  /// Lets an observer hear the optimizer's steps.
  func observe(with observer: any OptimizerObserver) { trainer.optimizer.observers.append(observer) }

  /// Trains, evaluates and writes everything.
  ///
  /// - Returns: the result, with status `completed` or `interrupted`.
  /// - Throws: the fault that stopped the run, after `results.json` has been written.
  func execute(_ goal: any TrainingGoal) throws -> RunResult {
    announce()
    do {
      try train(goal)
    } catch {
      let isDivergence = (error as? any UserError)?.exitStatus == .diverged
      result.status = isDivergence ? .diverged : .failed
      result.reason = (error as? any UserError)?.message ?? error.localizedDescription
      try? finish(goal)
      throw error
    }
    try finish(goal)
    return result
  }

  private func train(_ goal: any TrainingGoal) throws {
    for step in 1...totalSteps {
      let record = try trainer.takeStep(step)
      try log.append(record)
      try capture?.write(after: step, to: output.path)
      result.throughput.tokens += record.tokens
      result.throughput.examples += windowSize(step)
      result.throughput.trainSeconds += record.seconds
      observer.step(record, of: totalSteps)
      let isLast = step == totalSteps
      if Interruption.isRequested, !isLast {
        result.status = .interrupted
        result.reason = "stopped by a signal after step \(step) of \(totalSteps)"
        if settings.save == .last || (settings.save == .best && !hasSaved) { try save(goal) }
        return
      }
      let isDue: Bool
      switch settings.evaluateEvery {
      case .epoch: isDue = step % stepsPerEpoch == 0
      case .steps(let interval): isDue = step % interval == 0
      }
      if isDue || isLast { try evaluate(goal, record) }
    }
    if settings.save == .last { try save(goal) }
    result.status = .completed
  }

  /// Examples of a step: the last window of an epoch may be partial.
  private func windowSize(_ step: Int) -> Int {
    let window = settings.batchSize * settings.accumulate
    return step % stepsPerEpoch == 0 ? exampleCount - (stepsPerEpoch - 1) * window : window
  }

  private func evaluate(_ goal: any TrainingGoal, _ record: StepRecord) throws {
    let start = ContinuousClock.now
    let score = goal.score()
    result.throughput.evaluationSeconds += (ContinuousClock.now - start).seconds
    guard score.isFinite else {
      throw TrainingError.diverged(
        step: record.step, learningRate: record.learningRate, what: "a logit on the dev split")
    }
    let entry = EvaluationRecord(epoch: record.epoch, step: record.step, metrics: score.metrics)
    result.history.append(entry)
    let isBetter = score.primary > bestPrimary
    if isBetter { bestPrimary = score.primary }
    observer.evaluation(entry, isBest: isBetter)
    guard isBetter || settings.save != .best else { return }
    best = score
    result.devMetrics = score.metrics
    result.collapsed = score.isCollapsed
    result.best = (record.epoch, record.step, settings.save == .best ? goal.bestRule : "last evaluation")
    if settings.save == .best { try save(goal) }
  }

  private func save(_ goal: any TrainingGoal) throws {
    try goal.save(to: output.path + "/model")
    hasSaved = true
  }

  private func finish(_ goal: any TrainingGoal) throws {
    try goal.finish(best, &result, folder: output.path)
    let parameterBytes = trainer.model.parameters.reduce(0) { $0 + $1.value.byteCount }
    result.memory =
      [
        ("parameters_bytes", parameterBytes), ("gradients_bytes", parameterBytes),
        ("optimizer_state_bytes", trainer.optimizer.stateBytes),
        ("peak_rss_bytes", Environment.peakResidentBytes),
      ] + memory.json
    result.environment = Environment.json(threads: settings.threadCount, blas: MatrixProduct.blasName)
    try Files.writeAtomically(output.path + "/results.json", result.json.serialized())
  }

  private func announce() {
    for note in trainer.optimizer.notes { observer.note(note) }
    let isLowRank = trainer.optimizer.specification.options.contains { $0.key == "rank" }
    observer.parameters(
      ParameterRole.allCases.compactMap { role in
        let group = trainer.model.parameters.filter { $0.role == role }
        guard !group.isEmpty else { return nil }
        let count = group.reduce(0) { $0 + $1.count }
        return RunResult.RoleRow(
          role: role.rawValue, tensors: group.count, parameters: count,
          decayed: role.isDecayed && settings.weightDecay > 0 ? count : 0,
          projected: role.isProjected && isLowRank ? count : 0)
      })
  }
}

extension RunResult {
  /// What `results.json` says of the model trained.
  mutating func describe(_ model: any Model, name: String, path: String, weightFiles: [String]) throws {
    let digests = try weightFiles.map { JSON.text(try Digest.sha256(ofFile: $0)) }
    self.model = .object(
      JSONObject([
        "name": .text(name), "path": .text(path), "architecture": .text(model.architecture),
        "parameters": .integer(model.parameters.reduce(0) { $0 + $1.count }),
        "sha256": digests.count == 1 ? digests[0] : digests.isEmpty ? .null : .array(digests),
      ]))
  }
}
