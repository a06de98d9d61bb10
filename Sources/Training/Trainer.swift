import Foundation
import Models
import Optimizers
import Results
import Support
import Tensors

/// Takes optimizer steps on one model. A step consists of forward and backward passes, clipping and the update.
package final class Trainer {
  package let model: any Model
  package let optimizer: Optimizer
  private let examples: any EncodedExamples
  private let schedule: Schedule
  private let divide: WindowParts
  private let gradientClip: Double
  private let seed: UInt64
  private let mass: TargetMass
  private let updatesInBackward: Bool
  private let phases: (any TrainingPhases)?
  private var phase: Int?
  private var order: WindowOrder
  /// The most bytes of gradients and of optimizer states in any phase so far.
  private(set) var largest = (gradients: 0, states: 0)

  init(
    model: any Model, optimizer: Optimizer, examples: any EncodedExamples, order: WindowOrder, schedule: Schedule,
    dividedBy divide: WindowParts, gradientClip: Double, seed: UInt64, mass: TargetMass,
    updatesInBackward: Bool = false, phases: (any TrainingPhases)? = nil
  ) {
    (self.model, self.optimizer, self.examples, self.order) = (model, optimizer, examples, order)
    (self.schedule, self.divide, self.gradientClip, self.seed) = (schedule, divide, gradientClip, seed)
    (self.mass, self.updatesInBackward, self.phases) = (mass, updatesInBackward, phases)
    resume(after: 0)
  }

  /// The learning rate that a step uses.
  func learningRate(_ step: Int) -> Double { optimizer.learningRate(step: step, scheduled: scheduledRate(step)) }

  private func scheduledRate(_ step: Int) -> Double {
    // A rise after a restart may end beyond the last step.
    phases?.rate(step) { schedule.rate(at: min($0, schedule.totalSteps)) } ?? schedule.rate(at: step)
  }

  /// The parameters that the steps so far may have changed.
  var changing: [Parameter] {
    phases?.changing(model.parameters) ?? model.parameters.filter(\.isTrainable)
  }

  /// Selects what is trained in the step after `step`, or in that one where a phase ends with it. Must be called before
  /// the state of a run is restored, whose optimizer has states for these parameters.
  func resume(after step: Int) {
    guard let phases else { return measure() }
    let current = phases.phase(of: max(1, step))
    phases.select(current, model.parameters)
    optimizer.follow()
    phase = current
    measure()
  }

  /// Goes over to the phase of a step.
  private func enterPhase(of step: Int) {
    guard let phases, case let next = phases.phase(of: step), next != phase else { return }
    Profiler.phase("between phases") {
      phases.select(next, model.parameters)
      phases.begin(next, model, optimizer)
    }
    phase = next
    measure()
  }

  private func measure() {
    let gradients = model.parameters.reduce(0) { $0 + $1.layout.gradientByteCount }
    largest = (max(largest.gradients, gradients), max(largest.states, optimizer.stateBytes))
  }

  /// Takes step `step`, from 1.
  ///
  /// - Returns: the step's line for the log.
  /// - Throws: ``TrainingError/diverged(step:learningRate:what:)`` or ``OptimizerError``, before any weight becomes
  ///   non-finite.
  package func takeStep(_ step: Int) throws -> StepRecord {
    let start = ContinuousClock.now
    enterPhase(of: step)
    let scheduled = scheduledRate(step)
    let rate = optimizer.learningRate(step: step, scheduled: scheduled)
    let window = order.window(step)
    // The loss is a mean over the gradient-accumulation window, so weigh its terms before the first forward pass.
    let parts = Profiler.phase("batch") {
      divide(window).map { positions in
        (batch: examples.batch(positions), targets: examples.targets(Array(positions)))
      }
    }
    let weight = parts.reduce(0) { $0 + $1.targets.weight(in: $1.batch, mass) }
    func forward(_ index: Int) throws -> (tape: Tape, loss: Variable) {
      let random = RandomGenerator(seed: seed).stream("step", UInt64(step)).stream("batch", UInt64(index))
      let tape = Tape(isTraining: true, random: random, precision: model.precision)
      let (batch, targets) = parts[index]
      let share = Profiler.phase("forward") {
        model.loss(targets, of: batch, mass: mass, weight: weight > 0 ? weight : 1, on: tape)
      }
      return (tape, share)
    }
    func diverged(_ what: String) -> TrainingError { .diverged(step: step, learningRate: rate, what: what) }
    let tokens = parts.reduce(0) { $0 + $1.batch.tokenCount }
    let (loss, norm): (Double, Double)
    if updatesInBackward {
      precondition(parts.count == 1)
      (loss, norm) = try updateInBackward(learningRate: scheduled, forward: { try forward(0) }, diverged)
    } else {
      loss = try parts.indices.reduce(0.0) { sum, index in
        let (tape, share) = try forward(index)
        Profiler.phase("backward") { tape.backward(share) }
        return sum + Double(share.value.values[0])
      }
      guard loss.isFinite else { throw diverged("the loss") }
      norm = Profiler.phase("gradient norm") {
        model.parameters.reduce(0.0) { $0 + $1.gradientSumOfSquares }.squareRoot()
      }
      guard norm.isFinite else { throw diverged("the gradient norm") }
      try Profiler.phase("optimizer") {
        try optimizer.takeStep(learningRate: scheduled, gradientScale: clippingFactor(norm))
        for parameter in model.parameters { parameter.clearGradient() }
      }
    }
    return StepRecord(
      step: step, epoch: Double(step) / Double(order.stepsPerEpoch), loss: loss, learningRate: rate, gradientNorm: norm,
      tokens: tokens, seconds: (ContinuousClock.now - start).seconds)
  }

  private func clippingFactor(_ norm: Double) -> Float {
    gradientClip > 0 ? Float(min(1, gradientClip / (norm + 1e-6))) : 1
  }

  /// Updates each parameter as soon as its gradient is final, and gives back the gradient's memory, so that the
  /// gradients of all parameters are never held together (LOMO; Lv et al., 2023). Weights are the same to the bit as
  /// those of a whole step.
  ///
  /// The clipping factor depends on all gradients. With clipping, a first forward and backward pass therefore forms the
  /// norm alone, and a second one the gradients again.
  ///
  /// - Returns: the loss and the gradient's norm before clipping.
  private func updateInBackward(
    learningRate: Double, forward: () throws -> (tape: Tape, loss: Variable),
    _ diverged: @escaping (String) -> TrainingError
  ) throws -> (loss: Double, norm: Double) {
    var squares: [ObjectIdentifier: Double] = [:]
    // Summed in the order of a whole step, because the order decides how the sum is rounded.
    func norm() -> Double {
      model.parameters.reduce(0.0) { $0 + squares[ObjectIdentifier($1), default: 0] }.squareRoot()
    }
    func pass(_ gradientIsFinal: @escaping (Parameter) -> Void) throws -> Double {
      let (tape, share) = try forward()
      let loss = Double(share.value.values[0])
      guard loss.isFinite else { throw diverged("the loss") }
      Profiler.phase("backward") {
        tape.backward(share) { parameter in
          gradientIsFinal(parameter)
          parameter.releaseGradient()
        }
      }
      return loss
    }
    var scale: Float = 1
    if gradientClip > 0 {
      _ = try pass { parameter in
        squares[ObjectIdentifier(parameter)] = Profiler.phase("gradient norm") { parameter.gradientSumOfSquares }
      }
      guard norm().isFinite else { throw diverged("the gradient norm") }
      scale = clippingFactor(norm())
    }
    optimizer.begin(learningRate: learningRate, gradientScale: scale)
    defer { optimizer.finish() }
    var failure: (any Error)?
    let loss = try pass { parameter in
      let square = Profiler.phase("gradient norm") { parameter.gradientSumOfSquares }
      squares[ObjectIdentifier(parameter)] = square
      guard failure == nil else { return }
      guard square.isFinite else {
        failure = diverged("the gradient of \(parameter.name)")
        return
      }
      do { try Profiler.phase("optimizer") { try self.optimizer.update(parameter) } } catch { failure = error }
    }
    if let failure { throw failure }
    return (loss, norm())
  }
}
