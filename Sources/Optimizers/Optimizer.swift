import Foundation
import Support
import Tensors

/// An optimizer is a rule, the parameters that the rule trains, and a state for each of these parameters. A parameter
/// that is frozen when the optimizer is made has no state, gets no update and is not reported to observers.
///
/// A step is ``begin(learningRate:gradientScale:)``, ``update(_:)`` of every parameter in any order, and ``finish()``.
/// ``takeStep(learningRate:gradientScale:)`` makes all of these calls.
package final class Optimizer {
  package let specification: OptimizerSpecification
  package let options: OptimizerOptions
  /// The parameters that the optimizer trains.
  package private(set) var parameters: [Parameter]
  /// Weight decay λ as given; biases and norms do not decay.
  package let weightDecay: Double
  /// Messages to the user about how the options were applied, e.g. that a rank was clamped.
  package let notes: [String]
  /// Steps begun so far.
  package internal(set) var step = 0

  /// Replaces matrices that the rule draws or computes, so that tests can use those of a reference implementation.
  package var given: GivenMatrices?
  /// Objects that are notified during every step.
  package var observers: [any OptimizerObserver] = []

  /// The states of ``parameters``, in the same order.
  private(set) var states: [ParameterState]
  /// For each of ``parameters``, the step after which its state was made; 0 for all that were there at first.
  var births: [Int]
  private let rule: any OptimizerRule
  private var positions: [ObjectIdentifier: Int]
  /// All parameters that the optimizer may come to train, with the factors of their learning rates.
  private let all: [(parameter: Parameter, rateFactor: Double)]
  /// The factor of each parameter's learning rate, in the order of ``parameters``.
  private var rateFactors: [Double]
  private let seed: UInt64
  private let totalSteps: Int
  /// The context of the current step; `nil` between steps.
  private var context: StepContext?

  /// - Parameter rateFactors: the factors of the learning rates of `parameters`, as `lr` of PyTorch's parameter groups
  ///   makes them; `nil` when every parameter has the full rate.
  /// - Throws: ``OptimizerError`` for an unknown optimizer, or an option that is unknown, repeated or out of range.
  package init(
    _ name: String, options given: [(key: String, value: String)] = [], parameters: [Parameter],
    weightDecay: Double = 0, rateFactors: [Double]? = nil, seed: UInt64 = 0, totalSteps: Int = 0
  ) throws(OptimizerError) {
    MatrixProduct.keepToOneThread()
    specification = try OptimizerRegistry.specification(name)
    options = try OptimizerOptions(given, for: specification)
    let rule = specification.makeRule(options)
    let trained = parameters.filter(\.isTrainable)
    let factors = rateFactors ?? Array(repeating: 1, count: parameters.count)
    precondition(factors.count == parameters.count)
    all = Array(zip(parameters, factors))
    self.rule = rule
    self.parameters = trained
    self.rateFactors = zip(parameters, factors).filter { $0.0.isTrainable }.map(\.1)
    self.weightDecay = weightDecay
    (self.seed, self.totalSteps) = (seed, totalSteps)
    states = trained.map(rule.makeState)
    births = trained.map { _ in 0 }
    positions = Dictionary(uniqueKeysWithValues: trained.enumerated().map { (ObjectIdentifier($1), $0) })
    notes = rule.notes(for: trained.map(\.layout))
  }

  /// The learning rate that a step uses: `scheduled`, unless the rule has its own rate, e.g. Adafactor's relative step.
  ///
  /// A rule may also multiply the rate by the RMS of each parameter's weights (`scale-parameter`). The result leaves
  /// this factor out, because the factor differs from one parameter to the next.
  ///
  /// - Parameter step: from 1.
  package func learningRate(step: Int, scheduled: Double) -> Double { rule.ownLearningRate(step: step) ?? scheduled }

  /// Whether the rule uses the scheduled learning rate.
  package var usesSchedule: Bool { rule.ownLearningRate(step: 1) == nil }

  /// Begins the next step.
  ///
  /// - Parameter gradientScale: the clipping factor, by which every gradient is multiplied first.
  package func begin(learningRate: Double, gradientScale: Float = 1) {
    step += 1
    context = StepContext(
      step: step, learningRate: self.learningRate(step: step, scheduled: learningRate), gradientScale: gradientScale,
      seed: seed, totalSteps: totalSteps,
      given: given, observers: observers)
  }

  /// Updates a parameter from its gradient. Call it once per parameter, between ``begin(learningRate:gradientScale:)``
  /// and ``finish()``. Different parameters may be updated concurrently.
  ///
  /// A parameter stays as it is when it has no gradient or is not one of ``parameters``.
  ///
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)``. Every weight that has been written is
  ///   finite.
  package func update(_ parameter: Parameter) throws(OptimizerError) {
    guard let context else { preconditionFailure("update outside of a step") }
    guard let position = positions[ObjectIdentifier(parameter)], let gradient = parameter.gradient else { return }
    for observer in context.observers {
      observer.willUpdate(parameter, gradient: gradient, scale: context.gradientScale, step: context.step)
    }
    let weight = parameter.value
    try rule.step(
      ParameterUpdate(
        parameter: parameter, weight: weight, gradient: gradient, state: states[position], decay: decay(of: parameter),
        context: context.scaled(by: rateFactors[position]).after(births[position])))
    parameter.update(
      to: weight, at: RandomGenerator(seed: seed).stream("rounding:" + parameter.name, UInt64(context.step)))
  }

  /// Ends the step.
  package func finish() { context = nil }

  /// Makes states for parameters that have become trainable, whose steps count from here, and frees those of parameters
  /// that are frozen now. The states of the others stay as they are.
  package func follow() {
    precondition(context == nil)
    let (oldStates, oldBirths, oldPositions) = (states, births, positions)
    let trained = all.filter(\.parameter.isTrainable)
    (parameters, rateFactors) = (trained.map(\.parameter), trained.map(\.rateFactor))
    positions = Dictionary(uniqueKeysWithValues: parameters.enumerated().map { (ObjectIdentifier($1), $0) })
    let kept = parameters.map { oldPositions[ObjectIdentifier($0)] }
    states = zip(parameters, kept).map { parameter, old in old.map { oldStates[$0] } ?? rule.makeState(for: parameter) }
    births = kept.map { old in old.map { oldBirths[$0] } ?? step }
  }

  /// Forgets what the states of some parameters hold.
  ///
  /// - Parameter fraction: 1 makes new states, whose steps count from here. Less sets the smallest numbers of the
  ///   first moment to 0, as many as this fraction of them, with those of the other moments at the same places, and keeps
  ///   all else; a state with moments in another form than float32, or of several shapes, is made anew.
  package func forget(_ fraction: Double, of forgotten: [Parameter]) {
    precondition(context == nil)
    for parameter in forgotten {
      guard let position = positions[ObjectIdentifier(parameter)] else { continue }
      if fraction < 1, states[position].prune(fraction) { continue }
      states[position] = rule.makeState(for: parameter)
      births[position] = step
    }
  }

  /// Takes one whole step: updates every parameter that has a gradient, the smaller parameters concurrently.
  ///
  /// After an error some weights are new and some are old; all of them are finite.
  ///
  /// - Parameter gradientScale: the clipping factor, by which every gradient is multiplied first.
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)``.
  package func takeStep(learningRate: Double, gradientScale: Float = 1) throws(OptimizerError) {
    begin(learningRate: learningRate, gradientScale: gradientScale)
    defer { finish() }
    // Observers are notified in the order of the parameters, so nothing runs concurrently here.
    guard observers.isEmpty else {
      for parameter in parameters { try update(parameter) }
      return
    }
    try StepSchedule(parameters).forEach { index throws(OptimizerError) in
      let parameter = parameters[index]
      try Profiler.task("update", detail: parameter.name) { () throws(OptimizerError) in try update(parameter) }
    }
  }

  /// Weight decay of a parameter; 0 for biases and norms.
  private func decay(of parameter: Parameter) -> Double {
    parameter.role == .bias || parameter.role == .norm ? 0 : weightDecay
  }

  /// Whether a parameter's weights decay.
  package func decays(_ parameter: Parameter) -> Bool { parameter.isTrainable && decay(of: parameter) > 0 }

  /// Whether the rule keeps moments of a projection of the parameter's gradient, as GaLore does.
  package func projects(_ parameter: Parameter) -> Bool { parameter.isTrainable && rule.projects(parameter.layout) }

  /// Bytes of all states of one kind.
  package func stateBytes(_ kind: StateKind) -> Int { states.reduce(0) { $0 + $1.byteCount(kind) } }
  /// Bytes of all states.
  package var stateBytes: Int { StateKind.allCases.reduce(0) { $0 + stateBytes($1) } }

  /// A parameter's second moment where the rule stores it dense, as Adam does: a Float tensor of the parameter's shape
  /// that starts at 0; `nil` otherwise.
  package func secondMoment(of parameter: Parameter) -> Tensor? {
    guard let position = positions[ObjectIdentifier(parameter)],
      let entry = states[position].tensors.first(where: { $0.name == "v" && $0.kind == .secondMoment }),
      case .float32(let v) = entry.tensor, v.shape == parameter.shape
    else { return nil }
    return v
  }
}
