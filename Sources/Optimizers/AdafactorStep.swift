import Foundation
import Tensors

/// Adafactor's rule over a gradient, projected or not: shared by every optimizer that takes its factored second moment, its
/// clipping and its effective rate.
struct AdafactorStep {
  /// 0: nothing is averaged, and no first moment is stored.
  let beta1: Double
  let clipThreshold: Double
  /// `β2t = 1 − t^decayRate`.
  let decayRate: Double
  let scalesByParameter: Bool
  /// Least RMS of the weights that a scaled rate counts with.
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

  static let beta1Option = OptionSpecification.beta("beta1", "0", "average of the update, rate included; 0: none")
  static let clipOption = OptionSpecification(
    "clip-threshold", .number(1e-6...1e6), default: "1.0", "largest RMS of the update before the rate")
  static let relativeStepOption = OptionSpecification.flag(
    "relative-step", default: false, "takes min(0.01, 1/√t) for rate and ignores the schedule's")

  /// - Parameter options: of a specification with ``options(scaleParameter:)``; the others where it lists them.
  init(_ options: OptimizerOptions, beta1: Double, clipThreshold: Double, usesRelativeStep: Bool) {
    (self.beta1, self.clipThreshold, self.usesRelativeStep) = (beta1, clipThreshold, usesRelativeStep)
    decayRate = options.number("decay-rate")
    scalesByParameter = options.flag("scale-parameter")
    leastScale = options.number("eps2")
    moment = FactoredMoment(eps: options.number("eps"))
  }

  /// Of a gradient of this shape: `m` when averaged, and the factored moment.
  func stateLayout(_ shape: [Int]) -> [StateEntry] {
    (beta1 > 0 ? [StateEntry("m", .firstMoment, shape)] : []) + moment.stateLayout(shape)
  }

  /// The rate of this step for these weights; weight decay takes it too.
  func effectiveRate(_ weight: Tensor, _ context: StepContext) -> Double {
    let rate = usesRelativeStep ? min(1e-2, 1 / Double(context.step).squareRoot()) : context.learningRate
    guard scalesByParameter else { return rate }
    return rate * max(leastScale, (ElementWise.sumOfSquares(weight) / Double(weight.count)).squareRoot())
  }

  /// Averages the squares of the gradient, scaled as the context says, into the state.
  ///
  /// - Returns: F, times that scale; `nil` when the gradient is not finite.
  func root(_ state: ParameterState, gradient: Tensor, rows: [Int]?, _ context: StepContext) -> InverseRoot? {
    let scale = context.gradientScale
    let root = moment.update(
      state, gradient: gradient, scale: scale, rows: rows, beta: 1 - pow(Double(context.step), decayRate))
    if scale != 1 { root?.scale(by: Double(scale)) }
    return root
  }

  /// Writes the update, which includes `rate` and is to be subtracted, over the gradient.
  ///
  /// - Returns: false when the gradient is not finite.
  func direction(over gradient: Tensor, state: ParameterState, rate: Double, context: StepContext) -> Bool {
    guard let root = root(state, gradient: gradient, rows: nil, context) else { return false }
    root.clip(gradient, threshold: clipThreshold, rows: nil)
    root.scale(by: rate)
    guard beta1 > 0 else {
      root.apply(to: gradient, rows: nil)
      return true
    }
    let m = state.require("m")
    root.average(gradient, into: m, beta: beta1, rows: nil)
    gradient.copyValues(from: m)
    return true
  }

  /// One step of a parameter. Embedding rows that no gradient touched are only read by the means, as zeros.
  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    let (weight, touched) = (parameter.value, parameter.touchedRows?.indices)
    let rate = effectiveRate(weight, context)
    guard let root = root(state, gradient: gradient, rows: touched, context) else {
      throw context.diverged(parameter, "the gradient")
    }
    root.clip(gradient, threshold: clipThreshold, rows: touched)
    root.scale(by: rate)
    let shrink = Float(rate * decay)
    let isFinite: Bool
    if beta1 > 0 {
      let active = state.rowsToUpdate(for: parameter)
      isFinite = root.averageAndStep(
        gradient, m: state.require("m"), beta: beta1, weight: weight, decay: shrink, rows: decay == 0 ? active : nil)
    } else {
      isFinite = root.step(gradient, weight: weight, decay: shrink, rows: decay == 0 ? touched : nil)
    }
    guard isFinite else { throw context.diverged(parameter, "the new weight") }
  }
}
