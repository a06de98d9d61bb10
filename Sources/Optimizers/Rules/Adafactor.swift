import CKernels
import Foundation
import Tensors

extension OptimizerSpecification {
  static let adafactor = OptimizerSpecification(
    name: "adafactor", summary: "factored second moment, clipped update", source: "transformers 5.23 Adafactor",
    options: Adafactor.options, learningRate: 5e-5
  ) { Adafactor($0) }
}

/// Adafactor (Shazeer and Stern, 2018), as transformers' `optimization.Adafactor`. The rule of torch.optim.Adafactor
/// differs.
///
///     u = F(r,c) ⊙ G;  u ← η u / max(1, RMS(u)/clip);  with β1: M ← β1 M + (1−β1) u, u = M;  W ← W − ηλW − u
///
/// The rate η is inside the average. `scale-parameter` and `relative-step` are off by default; in the reference they
/// are on. Other optimizers reuse the factored second moment, the clipping and the effective rate, also for a projected
/// gradient.
struct Adafactor: OptimizerRule {
  /// The factor of the average of updates. With 0 nothing is averaged, and no first moment is stored.
  let beta1: Double
  let clipThreshold: Double
  /// `β2t = 1 − t^decayRate`.
  let decayRate: Double
  let scalesByParameter: Bool
  /// The lower limit of the RMS of the weights that scales the rate.
  let leastScale: Double
  let usesRelativeStep: Bool
  let moment: FactoredMoment

  /// Every option of the rule but `beta1` and `clip-threshold`.
  static func options(scaleParameter: Bool) -> [OptionSpecification] {
    [
      OptionSpecification("eps", .number(0...1), default: "1e-30", "added to every square"),
      OptionSpecification("eps2", .number(0...1), default: "1e-3", "least RMS of the weights for scale-parameter"),
      OptionSpecification("decay-rate", .number(-10...0), default: "-0.8", "exponent of t in 1 − β2"),
      .flag("scale-parameter", default: scaleParameter, "multiplies the rate by the RMS of the weights"),
    ]
  }

  /// Every option of the rule on its own.
  static let options: [OptionSpecification] =
    [.beta("beta1", "0", "average of the update, rate included; 0: none")] + options(scaleParameter: false) + [
      clipOption,
      .flag("relative-step", default: false, "takes min(0.01, 1/√t) for rate and ignores the schedule's"),
    ]

  static let clipOption = OptionSpecification(
    "clip-threshold", .number(1e-6...1e6), default: "1.0", "largest RMS of the update before the rate")

  /// - Parameter options: of a specification with ``options``.
  init(_ options: OptimizerOptions) {
    self.init(
      options, beta1: options.number("beta1"), clipThreshold: options.number("clip-threshold"),
      usesRelativeStep: options.flag("relative-step"))
  }

  /// - Parameter options: of a specification with ``options(scaleParameter:)``.
  init(_ options: OptimizerOptions, beta1: Double, clipThreshold: Double, usesRelativeStep: Bool) {
    (self.beta1, self.clipThreshold, self.usesRelativeStep) = (beta1, clipThreshold, usesRelativeStep)
    decayRate = options.number("decay-rate")
    scalesByParameter = options.flag("scale-parameter")
    leastScale = options.number("eps2")
    moment = FactoredMoment(eps: options.number("eps"))
  }

  func notes(for parameters: [ParameterShape]) -> [String] {
    usesRelativeStep ? ["relative-step takes the rate from the step count: the learning rate given is not used"] : []
  }

  /// The relative step, before it is scaled by the weights of each parameter.
  func ownLearningRate(step: Int) -> Double? {
    usesRelativeStep ? min(1e-2, 1 / Double(step).squareRoot()) : nil
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { subspaceLayout(parameter.shape) }

  /// The rate of this step for these weights; weight decay takes it too.
  func effectiveRate(_ weight: Tensor, _ context: StepContext) -> Double {
    guard scalesByParameter else { return context.learningRate }
    return context.learningRate
      * max(leastScale, (ElementWise.sumOfSquares(weight) / Double(weight.count)).squareRoot())
  }

  /// Averages the squares of the update's gradient, or of its projection, scaled as the context says, into the state.
  ///
  /// - Returns: F, times that scale; `nil` when the gradient is not finite.
  func root(_ update: ParameterUpdate, gradient: Tensor, rows: [Int]?) -> InverseRoot? {
    let (context, scale) = (update.context, update.context.gradientScale)
    let root = moment.update(
      update.state, gradient: gradient, scale: scale, rows: rows, beta: 1 - pow(Double(context.step), decayRate))
    if scale != 1 { root?.scale(by: Double(scale)) }
    return root
  }

  /// Steps a parameter. Rows that a sparse gradient leaves out count as zeros in the means.
  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let (gradient, weight, touched, decay) = (update.gradient, update.weight, update.touchedRows, update.decay)
    let rate = effectiveRate(weight, update.context)
    guard let root = root(update, gradient: gradient, rows: touched) else { throw update.diverged("the gradient") }
    root.clip(gradient, threshold: clipThreshold, rows: touched)
    root.scale(by: rate)
    let shrink = Float(rate * decay)
    let isFinite: Bool
    if beta1 > 0 {
      let active = update.state.rowsToUpdate(for: update.parameter)
      isFinite = root.averageAndStep(
        gradient, m: update.state.require("m"), beta: beta1, weight: weight, decay: shrink,
        rows: decay == 0 ? active : nil)
    } else {
      isFinite = root.step(gradient, weight: weight, decay: shrink, rows: decay == 0 ? touched : nil)
    }
    guard isFinite else { throw update.diverged("the new weight") }
  }
}

extension Adafactor: SubspaceRule {
  /// The state for a gradient of this shape: `m` where β1 is above 0, and the factored moment.
  func subspaceLayout(_ shape: [Int]) -> [StateEntry] {
    (beta1 > 0 ? [StateEntry("m", .firstMoment, shape)] : []) + moment.stateLayout(shape)
  }

  func direction(over projected: Tensor, _ update: ParameterUpdate) -> ft_adam? {
    let rate = effectiveRate(update.weight, update.context)
    guard let root = root(update, gradient: projected, rows: nil) else { return nil }
    root.clip(projected, threshold: clipThreshold, rows: nil)
    root.scale(by: rate)
    if beta1 > 0 {
      let m = update.state.require("m")
      root.average(projected, into: m, beta: beta1, rows: nil)
      projected.copyValues(from: m)
    } else {
      root.apply(to: projected, rows: nil)
    }
    var step = ft_adam()
    (step.decay_before, step.step_size, step.decay_after) = (Float(1 - rate * update.decay), 1, 1)
    return step
  }
}
