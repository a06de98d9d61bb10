import Foundation
import Models
import Results
import Support
import Tasks
import Tensors

/// Runs the steps of a run and the evaluations between them, and chooses the model that is saved.
final class TrainingLoop {
  private let prepared: Preparation
  private let plan: RunPlan
  private let trainer: Trainer
  private let stepsPerEpoch: Int
  private let recorder: RunRecorder
  private let states: StateKeeper
  private let observer: any RunObserver
  private let save: () throws -> Void
  /// The step that the run goes on from, and whether its evaluation has been done.
  private let start: (step: Int, isEvaluated: Bool)
  private var bestPrimary: Double?
  private var hasSaved: Bool
  private var earlyStopping: EarlyStopping?

  /// - Parameters:
  ///   - state: the state that the run goes on from, which has been restored; that of step 0 for a new run.
  ///   - save: saves the model in its current state.
  init(
    _ planned: PlannedRun, trainer: Trainer, recorder: RunRecorder, states: StateKeeper, from state: RunState,
    observer: any RunObserver, save: @escaping () throws -> Void
  ) {
    (prepared, plan, stepsPerEpoch) = (planned.prepared, planned.plan, planned.order.stepsPerEpoch)
    (self.trainer, self.recorder, self.states, self.observer) = (trainer, recorder, states, observer)
    (self.save, start) = (save, (state.step, state.isEvaluated))
    (bestPrimary, hasSaved) = (state.bestPrimary, state.hasSaved)
    earlyStopping = planned.plan.settings.earlyStopping.map {
      EarlyStopping(patience: $0, withoutImprovement: state.withoutImprovement)
    }
  }

  private var settings: RunSettings { plan.settings }

  /// Trains to the last step, until early stopping ends the run, or until a signal. The record's status is then
  /// `interrupted`, else `completed`.
  ///
  /// - Throws: the error of a step, an evaluation or a file.
  func run() throws {
    var isStopped = start.isEvaluated ? false : try evaluateAndStop(start.step)
    for step in stride(from: start.step + 1, through: plan.totalSteps, by: 1) where !isStopped {
      let record = try trainer.takeStep(step)
      try Profiler.phase("log") {
        try recorder.append(record, examples: windowSize(step))
        observer.step(record, of: plan.totalSteps)
      }
      let isLast = step == plan.totalSteps
      let isDue = isLast || settings.evaluateEvery.isDue(after: step, stepsPerEpoch: stepsPerEpoch)
      if Interruption.isRequested, !isLast {
        // Before the model is saved, which a run that was not stopped would not have done.
        let saving = Result { try states.save(state(step, isEvaluated: !isDue)) }
        recorder.record.status = .interrupted
        recorder.record.reason = "stopped by a signal after step \(step) of \(plan.totalSteps)"
        // The model is smaller than the state, and may fit on the disk where that does not.
        if settings.save == .last || (settings.save == .best && !hasSaved) { try saveModel() }
        return try saving.get()
      }
      if isDue { isStopped = try evaluateAndStop(step) }
      if !isStopped, !isLast, states.isDue(after: step) { try states.save(state(step, isEvaluated: true)) }
    }
    if settings.save == .last { try saveModel() }
    recorder.record.status = .completed
  }

  private func state(_ step: Int, isEvaluated: Bool) throws -> RunState {
    var state = try recorder.state()
    (state.step, state.isEvaluated, state.optimizer) = (step, isEvaluated, trainer.optimizer.stateScalars)
    (state.bestPrimary, state.hasSaved) = (bestPrimary, hasSaved)
    state.withoutImprovement = earlyStopping?.withoutImprovement ?? 0
    return state
  }

  /// Evaluates after a step.
  ///
  /// - Returns: whether early stopping ends the run.
  private func evaluateAndStop(_ step: Int) throws -> Bool {
    let isBetter = try Profiler.phase("evaluation") { try evaluate(after: step) }
    guard let patience = earlyStopping?.patience, earlyStopping?.shouldStop(isBetter: isBetter) == true,
      step < plan.totalSteps
    else { return false }
    let count = patience == 1 ? "one evaluation" : "\(patience) evaluations in a row"
    let reason = "no better \(prepared.taskProtocol.primaryMetric.name) in \(count)"
    recorder.record.stopped = (step, reason)
    observer.note("stopped after step \(step) of \(plan.totalSteps): \(reason)")
    return true
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
  private func evaluate(after step: Int) throws -> Bool {
    let start = ContinuousClock.now
    defer { recorder.record.throughput.evaluationSeconds += (ContinuousClock.now - start).seconds }
    let metric = prepared.taskProtocol.primaryMetric
    guard let deciding = prepared.dev.first else { return true }
    let first = try score(deciding, after: step)
    let entry = EvaluationRecord(
      epoch: Double(step) / Double(stepsPerEpoch), step: step, metrics: first.metrics)
    try recorder.append(entry)
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
      entry.epoch, step,
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

  private func score(_ examples: any EncodedExamples, after step: Int) throws -> SplitScore {
    let score = try SplitScore(
      trainer.model, on: examples, by: prepared.taskProtocol, tokenBudget: settings.tokensPerPass
    ) {
      observer.scoring(examples.data.split.name, done: $0, of: $1)
    }
    guard score.isFinite else {
      throw TrainingError.diverged(
        step: step, learningRate: trainer.learningRate(step), what: "a logit on the \(score.split.name) split")
    }
    return score
  }

  private func saveModel() throws {
    try save()
    hasSaved = true
  }
}
