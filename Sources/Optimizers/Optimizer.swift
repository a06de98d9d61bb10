import Foundation
import Support
import Tensors

/// A rule, the parameters it trains, and their states. Parameters that are frozen when it is made have no part in it: no
/// state, no update, and nothing is told of them.
///
/// A step is ``begin(learningRate:gradientScale:)``, ``update(_:)`` of every parameter in any order, and ``finish()``.
/// ``takeStep(learningRate:gradientScale:)`` does all of it.
package final class Optimizer {
  package let specification: OptimizerSpecification
  package let options: OptimizerOptions
  /// Those that it trains.
  package let parameters: [Parameter]
  package let weightDecay: Double
  /// What the user should know of how the options were applied.
  package let notes: [String]
  /// Steps begun so far.
  package internal(set) var step = 0

  /// Matrices in place of those that the rule draws or finds: for tests against a reference's.
  package var given: GivenMatrices?
  /// Told of every step while it is taken.
  package var observers: [any OptimizerObserver] = []

  /// Of ``parameters``, in their order.
  let states: [ParameterState]
  private let rule: any OptimizerRule
  private let positions: [ObjectIdentifier: Int]
  private let seed: UInt64
  private let totalSteps: Int
  /// Of the step under way.
  private var context: StepContext?

  /// - Throws: ``OptimizerError`` for an unknown optimizer or option.
  package init(
    _ name: String, options given: [(key: String, value: String)] = [], parameters: [Parameter],
    weightDecay: Double = 0, seed: UInt64 = 0, totalSteps: Int = 0
  ) throws(OptimizerError) {
    MatrixProduct.keepToOneThread()
    specification = try OptimizerRegistry.specification(name)
    options = try OptimizerOptions(given, for: specification)
    let rule = specification.makeRule(options)
    let trained = parameters.filter(\.isTrainable)
    self.rule = rule
    self.parameters = trained
    self.weightDecay = weightDecay
    (self.seed, self.totalSteps) = (seed, totalSteps)
    states = trained.map(rule.makeState)
    positions = Dictionary(uniqueKeysWithValues: trained.enumerated().map { (ObjectIdentifier($1), $0) })
    notes = rule.notes(for: trained.map(\.layout))
  }

  /// The learning rate that a step uses: the schedule's, unless the rule takes one of its own, as Adafactor's relative step is.
  ///
  /// A rule that multiplies it by the size of each parameter's weights (`scale-parameter`) does so afterwards: the product
  /// differs from one parameter to the next.
  /// - Parameter step: from 1.
  package func learningRate(step: Int, scheduled: Double) -> Double { rule.ownLearningRate(step: step) ?? scheduled }

  /// Whether the rule takes its rate from the schedule.
  package var usesSchedule: Bool { rule.ownLearningRate(step: 1) == nil }

  /// Begins the next step.
  ///
  /// - Parameter gradientScale: multiplies all gradients first; the clipping factor.
  package func begin(learningRate: Double, gradientScale: Float = 1) {
    step += 1
    context = StepContext(
      step: step, learningRate: self.learningRate(step: step, scheduled: learningRate), gradientScale: gradientScale,
      seed: seed, totalSteps: totalSteps,
      given: given, observers: observers)
  }

  /// Updates a parameter from its gradient, once between ``begin(learningRate:gradientScale:)`` and ``finish()``. One without
  /// a gradient, or without a state here, stays as it is. Different parameters may be updated concurrently.
  ///
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)``; what is then written is finite.
  package func update(_ parameter: Parameter) throws(OptimizerError) {
    guard let context else { preconditionFailure("update outside of a step") }
    guard let position = positions[ObjectIdentifier(parameter)], let gradient = parameter.gradient else { return }
    for observer in context.observers {
      observer.willUpdate(parameter, gradient: gradient, scale: context.gradientScale, step: context.step)
    }
    try rule.step(
      ParameterUpdate(
        parameter: parameter, gradient: gradient, state: states[position], decay: decay(of: parameter), context: context
      ))
  }

  /// Ends the step.
  package func finish() { context = nil }

  /// One whole step: updates every parameter that has a gradient, the smaller ones concurrently.
  ///
  /// An error leaves some parameters with their new weights and some with their old ones, all of them finite.
  ///
  /// - Parameter gradientScale: multiplies all gradients first; the clipping factor.
  package func takeStep(learningRate: Double, gradientScale: Float = 1) throws(OptimizerError) {
    begin(learningRate: learningRate, gradientScale: gradientScale)
    defer { finish() }
    // Observers are told in order.
    guard observers.isEmpty else {
      for parameter in parameters { try update(parameter) }
      return
    }
    try StepSchedule(parameters).forEach { index throws(OptimizerError) in try update(parameters[index]) }
  }

  /// Weight decay of a parameter: biases and norms have none.
  private func decay(of parameter: Parameter) -> Double {
    parameter.role == .bias || parameter.role == .norm ? 0 : weightDecay
  }

  /// Whether a parameter's weights decay.
  package func decays(_ parameter: Parameter) -> Bool { parameter.isTrainable && decay(of: parameter) > 0 }

  /// Whether a parameter's state lives in a projection of its gradient.
  package func projects(_ parameter: Parameter) -> Bool { parameter.isTrainable && rule.projects(parameter.layout) }

  /// Bytes of all states of one kind.
  package func stateBytes(_ kind: StateKind) -> Int { states.reduce(0) { $0 + $1.byteCount(kind) } }
  package var stateBytes: Int { StateKind.allCases.reduce(0) { $0 + stateBytes($1) } }

  /// A parameter's second moment where the rule keeps it whole, as Adam does: of the parameter's shape, averaged from 0.
  package func secondMoment(of parameter: Parameter) -> Tensor? {
    guard let position = positions[ObjectIdentifier(parameter)],
      let entry = states[position].tensors.first(where: { $0.name == "v" && $0.kind == .secondMoment }),
      case .float32(let v) = entry.tensor, v.shape == parameter.shape
    else { return nil }
    return v
  }
}
