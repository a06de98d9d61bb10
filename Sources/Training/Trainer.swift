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
  private let batchSize: Int
  private let gradientClip: Double
  private let seed: UInt64
  private let mass: TargetMass
  private var order: WindowOrder

  init(
    model: any Model, optimizer: Optimizer, examples: any EncodedExamples, order: WindowOrder, schedule: Schedule,
    batchSize: Int, gradientClip: Double, seed: UInt64, mass: TargetMass
  ) {
    (self.model, self.optimizer, self.examples, self.order) = (model, optimizer, examples, order)
    (self.schedule, self.batchSize, self.gradientClip, self.seed) = (schedule, batchSize, gradientClip, seed)
    self.mass = mass
  }

  /// The learning rate that a step uses.
  func learningRate(_ step: Int) -> Double { optimizer.learningRate(step: step, scheduled: schedule.rate(at: step)) }

  /// Takes step `step`, from 1.
  ///
  /// - Returns: the step's line for the log.
  /// - Throws: ``TrainingError/diverged(step:learningRate:what:)`` or ``OptimizerError``, before any weight becomes
  ///   non-finite.
  package func takeStep(_ step: Int) throws -> StepRecord {
    let start = ContinuousClock.now
    let scheduled = schedule.rate(at: step)
    let rate = optimizer.learningRate(step: step, scheduled: scheduled)
    let window = order.window(step)
    // The loss is a mean over the gradient-accumulation window, so weigh its terms before the first forward pass.
    let parts = stride(from: 0, to: window.count, by: batchSize).map { first in
      let positions = Array(window[first..<min(first + batchSize, window.count)])
      return (batch: examples.batch(positions), targets: examples.targets(positions))
    }
    let weight = parts.reduce(0) { $0 + $1.targets.weight(in: $1.batch, mass) }
    var (loss, tokens) = (0.0, 0)
    for (index, part) in parts.enumerated() {
      let random = RandomGenerator(seed: seed).stream("step", UInt64(step)).stream("batch", UInt64(index))
      let tape = Tape(isTraining: true, random: random, precision: model.precision)
      let share = model.loss(part.targets, of: part.batch, mass: mass, weight: weight > 0 ? weight : 1, on: tape)
      loss += Double(share.value.values[0])
      tokens += part.batch.tokenCount
      tape.backward(share)
    }
    guard loss.isFinite else { throw TrainingError.diverged(step: step, learningRate: rate, what: "the loss") }
    let norm = model.parameters.reduce(0.0) { $0 + $1.gradientSumOfSquares }.squareRoot()
    guard norm.isFinite else { throw TrainingError.diverged(step: step, learningRate: rate, what: "the gradient norm") }
    let scale = gradientClip > 0 ? min(1, gradientClip / (norm + 1e-6)) : 1
    try optimizer.takeStep(learningRate: scheduled, gradientScale: Float(scale))
    for parameter in model.parameters { parameter.clearGradient() }
    return StepRecord(
      step: step, epoch: Double(step) / Double(order.stepsPerEpoch), loss: loss, learningRate: rate, gradientNorm: norm,
      tokens: tokens, seconds: (ContinuousClock.now - start).seconds)
  }
}
