import Foundation
import Models
import Results
import Tasks
import Tensors

/// Runs the steps of a run and the evaluations between them, and chooses the model that is saved.
final class TrainingLoop {
  private let prepared: Preparation
  private let plan: RunPlan
  private let trainer: Trainer
  private let stepsPerEpoch: Int
  private let recorder: RunRecorder
  private let observer: any RunObserver
  private let save: () throws -> Void
  private var bestPrimary: Double?
  private var hasSaved = false
  private var earlyStopping: EarlyStopping?

  /// - Parameter save: saves the model in its current state.
  init(
    _ planned: PlannedRun, trainer: Trainer, recorder: RunRecorder, observer: any RunObserver,
    save: @escaping () throws -> Void
  ) {
    (prepared, plan, stepsPerEpoch) = (planned.prepared, planned.plan, planned.order.stepsPerEpoch)
    (self.trainer, self.recorder, self.observer, self.save) = (trainer, recorder, observer, save)
    earlyStopping = planned.plan.settings.earlyStopping.map(EarlyStopping.init)
  }

  private var settings: RunSettings { plan.settings }

  /// Trains to the last step, until early stopping ends the run, or until a signal. The record's status is then
  /// `interrupted`, else `completed`.
  ///
  /// - Throws: the error of a step, an evaluation or a file.
  func run() throws {
    for step in 1...plan.totalSteps {
      let record = try trainer.takeStep(step)
      try recorder.append(record, examples: windowSize(step))
      observer.step(record, of: plan.totalSteps)
      let isLast = step == plan.totalSteps
      if Interruption.isRequested, !isLast {
        recorder.record.status = .interrupted
        recorder.record.reason = "stopped by a signal after step \(step) of \(plan.totalSteps)"
        if settings.save == .last || (settings.save == .best && !hasSaved) { try saveModel() }
        return
      }
      let isDue: Bool
      switch settings.evaluateEvery {
      case .epoch: isDue = step % stepsPerEpoch == 0
      case .steps(let interval): isDue = step % interval == 0
      }
      guard isDue || isLast else { continue }
      let isBetter = try evaluate(record)
      if let patience = earlyStopping?.patience, earlyStopping?.shouldStop(isBetter: isBetter) == true, !isLast {
        let reason =
          "no better \(prepared.taskProtocol.primaryMetric.name) in \(patience == 1 ? "one evaluation" : "\(patience) evaluations in a row")"
        recorder.record.stopped = (step, reason)
        observer.note("stopped after step \(step) of \(plan.totalSteps): \(reason)")
        break
      }
    }
    if settings.save == .last { try saveModel() }
    recorder.record.status = .completed
  }

  /// Number of examples in a step. The last window of an epoch may be partial.
  private func windowSize(_ step: Int) -> Int {
    let (window, count) = (settings.batchSize * settings.accumulate, prepared.train?.count ?? 0)
    return step % stepsPerEpoch == 0 ? count - (stepsPerEpoch - 1) * window : window
  }

  /// Scores the first dev split, which decides whether the model is the best. The other dev splits are scored only if
  /// this model is the best or if the save policy is not `best`.
  ///
  /// - Returns: whether this model is the best.
  private func evaluate(_ step: StepRecord) throws -> Bool {
    let start = ContinuousClock.now
    defer { recorder.record.throughput.evaluationSeconds += (ContinuousClock.now - start).seconds }
    let metric = prepared.taskProtocol.primaryMetric
    guard let deciding = prepared.dev.first else { return true }
    let first = try score(deciding, after: step)
    let entry = EvaluationRecord(epoch: step.epoch, step: step.step, metrics: first.metrics)
    recorder.record.history.append(entry)
    let isBetter = bestPrimary.map { metric.isBetter(first.primary, than: $0) } ?? true
    if isBetter { bestPrimary = first.primary }
    observer.evaluation(entry, isBest: isBetter)
    guard isBetter || settings.save != .best else { return isBetter }
    let scores = try [first] + prepared.dev.dropFirst().map { try score($0, after: step) }
    recorder.record.metrics = scores.map { ($0.split.name, $0.metrics) }
    recorder.record.scored = scores.map { $0.scored(by: prepared.taskProtocol) }
    recorder.record.collapsed = first.isCollapsed
    let direction = metric.isHigherBetter ? "highest" : "lowest"
    recorder.record.best = (
      step.epoch, step.step,
      settings.save == .best
        ? "\(direction) \(metric.name) on \(first.split.name), the first of equals" : "last evaluation"
    )
    for (score, examples) in zip(scores, prepared.dev) {
      guard let rows = prepared.taskProtocol.rows(score.predictions, of: examples.data) else { continue }
      try recorder.write(rows, split: score.split.name)
    }
    if settings.save == .best { try saveModel() }
    return isBetter
  }

  private func score(_ examples: any EncodedExamples, after step: StepRecord) throws -> SplitScore {
    let score = try SplitScore(trainer.model, on: examples, by: prepared.taskProtocol) {
      observer.scoring(examples.data.split.name, done: $0, of: $1)
    }
    guard score.isFinite else {
      throw TrainingError.diverged(
        step: step.step, learningRate: step.learningRate, what: "a logit on the \(score.split.name) split")
    }
    return score
  }

  private func saveModel() throws {
    try save()
    hasSaved = true
  }
}
