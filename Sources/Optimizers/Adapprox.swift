import CKernels
import Support
import Tensors

/// Adapprox (Zhao et al.; papers/adapprox-paper.txt): Adam's second moment kept as `Q Uᵀ` of low, adaptive rank, the average
/// taken over the updates, their size clipped, no bias correction.
///
/// No code was published. Read from the paper and its reviews: ε = 1e-8; `[QUᵀ]₊` (the authors' correction); the growth of
/// the rank, see ``RankRule``; cosine guidance clamped to [−1, 1] and its factor to 1/(1 − β1), since M includes N and so
/// θ = 1 at the first step. Beyond the paper, by option: oversampled columns are put to use before they are cut off
/// (`truncate=rotate`), and the sketch starts from the last U (`start=warm`), so that one iteration a step is enough; at a
/// fixed rank that iteration and the step itself form V once, see ``OnePassIteration``.
final class Adapprox: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "adapprox", summary: "Adam with a randomized low-rank second moment", source: "the paper, no code",
    options: [
      .beta("beta1", "0.9", "average of the update; 0 stores none"),
      .beta("beta2", "0.999", "average of the gradient's square"), .eps("1e-8"),
      OptionSpecification("clip-threshold", .number(1e-9...1e9), default: "1.0", "largest RMS of an update"),
    ] + RankRule.options + [
      OptionSpecification(
        "start", .choice(["warm", "cold"]), default: "warm",
        "warm: the sketch starts from the last U; cold: from random columns, as the paper"),
      OptionSpecification("iterations", .integer(1...1000), default: "5", "subspace iterations from a cold start"),
      OptionSpecification("warm-iterations", .integer(1...1000), default: "1", "subspace iterations from a warm start"),
      OptionSpecification("oversampling", .integer(0...10_000), default: "5", "columns drawn beyond the rank"),
      OptionSpecification(
        "truncate", .choice(SubspaceIteration.Truncation.allCases.map(\.rawValue)), default: "rotate",
        "rotate: keep the best columns of the oversampled basis; columns: the first, as the paper"),
      OptionSpecification(
        "cosine", .choice(["false", "true"]), default: "false",
        "scale the update by how well it agrees with its average (pre-training only)"),
    ], learningRate: 5e-5, conflict: RankRule.conflict)

  private let beta1: Double
  private let beta2: Double
  private let eps: Double
  private let clip: Double
  private let ranks: RankRule
  private let startsWarm: Bool
  private let iterations: Int
  private let warmIterations: Int
  private let oversampling: Int
  private let truncation: SubspaceIteration.Truncation
  private let usesCosine: Bool

  init(_ options: OptimizerOptions) {
    (beta1, beta2, eps) = (options.number("beta1"), options.number("beta2"), options.number("eps"))
    clip = options.number("clip-threshold")
    ranks = RankRule(options)
    startsWarm = options.text("start") == "warm"
    (iterations, warmIterations) = (options.integer("iterations"), options.integer("warm-iterations"))
    oversampling = options.integer("oversampling")
    truncation = SubspaceIteration.Truncation(rawValue: options.text("truncate")) ?? .rotate
    // Without an average the update is its own, and the factor 1.
    usesCosine = options.text("cosine") == "true" && beta1 > 0
  }

  /// The ranks of a parameter whose second moment is factored; `nil`: it is dense.
  private func limits(_ shape: [Int]) -> RankRule.Limits? { shape.count == 2 ? ranks.limits(shape) : nil }

  func notes(for parameters: [Parameter]) -> [String] {
    guard let rank = ranks.fixed else { return [] }
    let dense = parameters.count { $0.shape.count == 2 && limits($0.shape) == nil }
    guard dense > 0 else { return [] }
    return ["rank \(rank) would take more than the second moment itself in \(dense) matrices: it is kept whole there"]
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { layout(parameter.shape, \.initial) }

  func largestStateLayout(for parameter: ParameterShape) -> [StateEntry] { layout(parameter.shape, \.maximum) }

  private func layout(_ shape: [Int], _ rank: KeyPath<RankRule.Limits, Int>) -> [StateEntry] {
    let average = beta1 > 0 ? [StateEntry("m", .firstMoment, shape)] : []
    guard let limits = limits(shape) else { return average + [StateEntry("v", .secondMoment, shape)] }
    return average + [
      StateEntry("q", .secondMoment, [limits[keyPath: rank], shape[0]]),
      StateEntry("u", .secondMoment, [limits[keyPath: rank], shape[1]]),
    ]
  }

  func makeState(for parameter: Parameter) -> ParameterState {
    let state = ParameterState(stateLayout(for: parameter.layout), for: parameter)
    // Every row of a factored moment counts, touched or not.
    state.activeRows = nil
    if let limits = limits(parameter.shape) { state.resizable = (["q", "u"], limits.maximum) }
    return state
  }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    let step = AdapproxStep(
      coefficients: ft_adapprox(
        gradient_scale: context.gradientScale, beta1: Float(beta1), one_minus_beta1: Float(1 - beta1),
        beta2: Float(beta2), one_minus_beta2: Float(1 - beta2), eps: Float(eps), clip: 1,
        step_size: Float(context.learningRate), decay: Float(1 - context.learningRate * decay)),
      clip: clip, cosine: usesCosine ? (limit: 1 / (1 - beta1), eps: eps) : nil, parameter: parameter,
      gradient: gradient, average: state["m"])
    if let limits = limits(parameter.shape) {
      try factored(parameter, gradient, state, limits, step, context)
    } else {
      try step.takeDense(state.require("v"), context)
    }
  }

  private func factored(
    _ parameter: Parameter, _ gradient: Tensor, _ state: ParameterState, _ limits: RankRule.Limits,
    _ step: AdapproxStep, _ context: StepContext
  ) throws(OptimizerError) {
    let isKnown = state.scalars["has_factors"] == 1
    let last = isKnown ? LowRankFactors(q: state.require("q"), u: state.require("u")) : nil
    let moment = SecondMoment(gradient: gradient, factors: last, coefficients: step.coefficients)
    if let last, let sketch = onePassSketch(last, limits, moment, parameter, context) {
      try takeInOnePass(parameter, moment, sketch, gradient, last, state, limits, step, context)
      return
    }
    // The step needs V and the norm of its direction: the second time V is read, both are there.
    moment.onSecondReading = { step.visitor(directionSquares: moment.directionSquares) }

    var rank = limits.initial
    if isKnown, !ranks.choosesAnew(context.step) { rank = limits.clamped(state.scalars["rank"]) }
    var round = 0
    var factors = factor(moment, rank: rank, start: last?.u, parameter, context, round)
    var ratio = factors.map { errorRatio($0, moment) } ?? 0
    while ranks.choosesAnew(context.step), let current = factors, ratio > ranks.threshold, rank < limits.maximum {
      rank = min(limits.maximum, rank + RankRule.growth(ratio))
      round += 1
      factors = factor(moment, rank: rank, start: current.u, parameter, context, round) ?? current
      ratio = factors.map { errorRatio($0, moment) } ?? 0
    }
    guard moment.directionSquares.isFinite, moment.squaredNorm.isFinite else {
      throw context.diverged(parameter, "the gradient")
    }
    // A decomposition that fails leaves the old factors; the step itself does not depend on it.
    if moment.onSecondReading != nil { moment.read(step.visitor(directionSquares: moment.directionSquares)) }
    try step.finish(context)
    guard let factors else { return }
    if !context.observers.isEmpty { tell(context, parameter, factors, moment, limits) }
    state.set("q", .secondMoment, factors.q)
    state.set("u", .secondMoment, factors.u)
    state.scalars["has_factors"] = 1
    state.scalars["rank"] = Double(ranks.next(after: factors.q.rows, errorRatio: ratio, limits))
  }

  /// The sketch of a step that reads V once: where the rank is fixed, the start warm, and one iteration enough.
  ///
  /// Divided by the last V's norm, so that VᵀY stays in Float's range. `nil`: V is to be read as often as it takes.
  private func onePassSketch(
    _ last: LowRankFactors, _ limits: RankRule.Limits, _ moment: SecondMoment, _ parameter: Parameter,
    _ context: StepContext
  ) -> Tensor? {
    guard ranks.fixed != nil, startsWarm, warmIterations == 1, truncation == .rotate, !usesCosine else { return nil }
    let norm = ElementWise.sumOfSquares(last.u).squareRoot()
    guard norm > 1e-30, norm.isFinite else { return nil }
    return OnePassIteration.orthonormal(
      sketch(moment, rank: limits.initial, start: last.u, parameter, context, 0), scale: 1 / norm)
  }

  private func takeInOnePass(
    _ parameter: Parameter, _ moment: SecondMoment, _ sketch: Tensor, _ gradient: Tensor, _ last: LowRankFactors,
    _ state: ParameterState, _ limits: RankRule.Limits, _ step: AdapproxStep, _ context: StepContext
  ) throws(OptimizerError) {
    // The pass leaves no gradient to form V from again.
    let kept = context.observers.isEmpty ? nil : gradient.copy()
    let (y, z) = moment.iterateOnce(sketch)
    let gram = ThinProduct.gram(y)
    // A gradient whose square is not finite leaves N = 0, but no finite Y.
    guard moment.directionSquares.isFinite, gram.allSatisfy(\.isFinite) else {
      throw context.diverged(parameter, "the gradient")
    }
    try step.takeFromDirection(squares: moment.directionSquares, context)
    guard let factors = OnePassIteration.factors(y: y, z: z, gramOfY: gram, rank: limits.initial) else { return }
    if let kept {
      let again = SecondMoment(gradient: kept, factors: last, coefficients: step.coefficients)
      tell(context, parameter, factors, again, limits)
    }
    state.set("q", .secondMoment, factors.q)
    state.set("u", .secondMoment, factors.u)
  }

  private func tell(
    _ context: StepContext, _ parameter: Parameter, _ factors: LowRankFactors, _ moment: SecondMoment,
    _ limits: RankRule.Limits
  ) {
    let (error, norm) = (moment.squaredError(of: factors), moment.squaredNorm)
    let seen = FactoredMatrix(
      parameter: parameter, step: context.step, rank: factors.q.rows, largestRank: limits.maximum,
      errorRatio: norm > 0 ? (error / norm).squareRoot() : 0,
      threshold: ranks.fixed == nil ? ranks.threshold : nil)
    for observer in context.observers { observer.didFactor(seen) }
  }

  private func factor(
    _ moment: SecondMoment, rank: Int, start: Tensor?, _ parameter: Parameter, _ context: StepContext, _ round: Int
  ) -> LowRankFactors? {
    let isWarm = startsWarm && start != nil
    return SubspaceIteration.factor(
      moment, sketch: sketch(moment, rank: rank, start: isWarm ? start : nil, parameter, context, round), rank: rank,
      iterations: isWarm ? warmIterations : iterations, truncation: truncation)
  }

  /// - Parameter start: the last U of a warm start; `nil`: cold.
  private func sketch(
    _ moment: SecondMoment, rank: Int, start: Tensor?, _ parameter: Parameter, _ context: StepContext, _ round: Int
  ) -> Tensor {
    let width = truncation == .rotate ? min(rank + oversampling, moment.rows, moment.columns) : rank
    return SubspaceIteration.sketch(width: width, columns: moment.columns, previous: start) { count in
      start != nil
        ? context.signs([count, moment.columns], "sketch", parameter, context.step, part: round)
        : context.gaussian([count, moment.columns], "sketch", parameter, context.step, part: round)
    }
  }

  /// ξ, only where the rank follows it; from the difference itself where the short form is noise.
  private func errorRatio(_ factors: LowRankFactors, _ moment: SecondMoment) -> Double {
    guard ranks.fixed == nil, moment.squaredNorm > 0 else { return 0 }
    guard ranks.threshold < 1e-3 else { return factors.errorRatio(squaredNorm: moment.squaredNorm) }
    return (moment.squaredError(of: factors) / moment.squaredNorm).squareRoot()
  }
}
