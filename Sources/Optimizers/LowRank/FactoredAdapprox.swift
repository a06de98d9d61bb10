import CKernels
import Tensors

/// Adapprox's step of one matrix whose second moment is factored. The new V is formed from the old factors and the
/// gradient; V gives the step, and V is factored anew.
struct FactoredAdapprox {
  private let rule: Adapprox
  private let update: ParameterUpdate
  private let limits: RankRule.Limits
  private let step: AdapproxStep
  /// The factors of the last step; `nil` in the first step.
  private let last: LowRankFactors?
  private let moment: SecondMoment

  init(_ rule: Adapprox, _ update: ParameterUpdate, _ limits: RankRule.Limits, _ step: AdapproxStep) {
    (self.rule, self.update, self.limits, self.step) = (rule, update, limits, step)
    let state = update.state
    last =
      state.scalars["has_factors"] == 1 ? LowRankFactors(q: state.require("q"), u: state.require("u")) : nil
    moment = SecondMoment(gradient: update.gradient, factors: last, coefficients: step.coefficients)
  }

  func take() throws(OptimizerError) {
    if let last, let sketch = onePassSketch(last) { return try takeInOnePass(last, sketch) }
    // The step needs V and the norm of the direction N. The first reading of V gives the norm, so the second takes the
    // step.
    moment.onSecondReading = { [moment, step] in step.visitor(directionSquares: moment.directionSquares) }

    let (ranks, number) = (rule.ranks, update.context.step)
    var rank = limits.initial
    if last != nil, !ranks.choosesAnew(number) { rank = limits.clamped(update.state.scalars["rank"]) }
    var round = 0
    var factors = factor(rank: rank, start: last?.u, round)
    var ratio = factors.map(errorRatio) ?? 0
    while ranks.choosesAnew(number), let current = factors, ratio > ranks.threshold, rank < limits.maximum {
      rank = min(limits.maximum, rank + RankRule.growth(ratio))
      round += 1
      factors = factor(rank: rank, start: current.u, round) ?? current
      ratio = factors.map(errorRatio) ?? 0
    }
    guard moment.directionSquares.isFinite, moment.squaredNorm.isFinite else { throw update.diverged("the gradient") }
    // The step is taken even if the decomposition failed, since it needs only V. The old factors are then kept.
    if moment.onSecondReading != nil { moment.read(step.visitor(directionSquares: moment.directionSquares)) }
    try step.finish()
    guard let factors else { return }
    if !update.context.observers.isEmpty { tell(factors, moment) }
    store(factors)
    update.state.scalars["has_factors"] = 1
    update.state.scalars["rank"] = Double(ranks.next(after: factors.q.rows, errorRatio: ratio, limits))
  }

  /// The sketch for a step that reads V only once. Such a step needs a fixed rank, a warm start and a single iteration.
  ///
  /// The sketch is divided by the norm of the last U, so that VᵀY stays in Float's range. `nil` when V must be read
  /// more often.
  private func onePassSketch(_ last: LowRankFactors) -> Tensor? {
    guard rule.ranks.fixed != nil, rule.startsWarm, rule.warmIterations == 1, rule.truncation == .rotate,
      !rule.usesCosine
    else { return nil }
    let norm = ElementWise.sumOfSquares(last.u).squareRoot()
    guard norm > 1e-30, norm.isFinite else { return nil }
    return OnePassIteration.orthonormal(sketch(rank: limits.initial, start: last.u, 0), scale: 1 / norm)
  }

  private func takeInOnePass(_ last: LowRankFactors, _ sketch: Tensor) throws(OptimizerError) {
    // The pass overwrites the gradient, from which observers need V once more.
    let kept = update.context.observers.isEmpty ? nil : update.gradient.copy()
    let (y, z) = moment.iterateOnce(sketch)
    let gram = ThinProduct.gram(y)
    // A gradient whose square is not finite may give N = 0, but then Y is not finite.
    guard moment.directionSquares.isFinite, gram.allSatisfy(\.isFinite) else { throw update.diverged("the gradient") }
    try step.takeFromDirection(squares: moment.directionSquares)
    guard let factors = OnePassIteration.factors(y: y, z: z, gramOfY: gram, rank: limits.initial) else { return }
    if let kept { tell(factors, SecondMoment(gradient: kept, factors: last, coefficients: step.coefficients)) }
    store(factors)
  }

  private func store(_ factors: LowRankFactors) {
    update.state.set("q", .secondMoment, factors.q)
    update.state.set("u", .secondMoment, factors.u)
  }

  /// Notifies the observers of new factors of `moment`.
  private func tell(_ factors: LowRankFactors, _ moment: SecondMoment) {
    let (error, norm) = (moment.squaredError(of: factors), moment.squaredNorm)
    let seen = FactoredMatrix(
      parameter: update.parameter, step: update.context.step, rank: factors.q.rows, largestRank: limits.maximum,
      errorRatio: norm > 0 ? (error / norm).squareRoot() : 0,
      threshold: rule.ranks.fixed == nil ? rule.ranks.threshold : nil)
    for observer in update.context.observers { observer.didFactor(seen) }
  }

  private func factor(rank: Int, start: Tensor?, _ round: Int) -> LowRankFactors? {
    let isWarm = rule.startsWarm && start != nil
    return SubspaceIteration.factor(
      moment, sketch: sketch(rank: rank, start: isWarm ? start : nil, round), rank: rank,
      iterations: isWarm ? rule.warmIterations : rule.iterations, truncation: rule.truncation)
  }

  /// - Parameter start: the last U for a warm start; `nil` for a cold start.
  private func sketch(rank: Int, start: Tensor?, _ round: Int) -> Tensor {
    let width = rule.truncation == .rotate ? min(rank + rule.oversampling, moment.rows, moment.columns) : rank
    let (context, parameter) = (update.context, update.parameter)
    return SubspaceIteration.sketch(width: width, columns: moment.columns, previous: start) { count in
      start != nil
        ? context.signs([count, moment.columns], "sketch", parameter, context.step, part: round)
        : context.gaussian([count, moment.columns], "sketch", parameter, context.step, part: round)
    }
  }

  /// The error ratio ξ; 0 where the rank is fixed, since nothing uses ξ then. For thresholds below 1e-3 the difference
  /// V − QUᵀ is formed, because the cheaper formula is too inexact there.
  private func errorRatio(_ factors: LowRankFactors) -> Double {
    guard rule.ranks.fixed == nil, moment.squaredNorm > 0 else { return 0 }
    guard rule.ranks.threshold < 1e-3 else { return factors.errorRatio(squaredNorm: moment.squaredNorm) }
    return (moment.squaredError(of: factors) / moment.squaredNorm).squareRoot()
  }
}
