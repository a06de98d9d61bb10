import CKernels
import Foundation
import Tensors

extension OptimizerSpecification {
  static let ademamix = OptimizerSpecification(
    name: "ademamix", summary: "Adam with a second, slow average", source: "apple/ml-ademamix",
    options: [
      .beta("beta1", "0.9", "fast average of the gradient; 0: none"),
      .beta("beta2", "0.999", "average of its square"), .beta("beta3", "0.9999", "slow average of the gradient"),
      OptionSpecification("alpha", .number(0...1e6), default: "5.0", "weight of the slow average"), .eps("1e-8"),
      OptionSpecification("alpha-warmup", .steps, default: "total", "steps over which alpha rises; 0: none"),
      OptionSpecification("beta3-warmup", .steps, default: "total", "steps over which beta3 rises; 0: none"),
    ], learningRate: 5e-5
  ) { AdEMAMix($0) }
}

/// AdEMAMix (Pagliardini et al., 2024), as apple/ml-ademamix's PyTorch file: Adam with a second, slow average of the
/// gradient,
///
///     W −= η [(m1/c1 + α_t m2) / (√v/√c2 + ε) + λW]
///
/// where α_t rises linearly during its warm-up, and β3 rises from β1 so that the half-life of the average grows
/// linearly. The reference code has no warm-ups by default; in the paper and here they last the whole run. With β1 = 0
/// no m1 is stored.
struct AdEMAMix: OptimizerRule {
  private let beta1: Double
  private let beta2: Double
  private let beta3: Double
  private let alpha: Double
  private let eps: Double
  private let options: OptimizerOptions

  init(_ options: OptimizerOptions) {
    (beta1, beta2) = (options.number("beta1"), options.number("beta2"))
    (beta3, alpha) = (options.number("beta3"), options.number("alpha"))
    eps = options.number("eps")
    self.options = options
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    (beta1 > 0 ? [StateEntry("m1", .firstMoment, parameter.shape)] : []) + [
      StateEntry("m2", .firstMoment, parameter.shape), StateEntry("v", .secondMoment, parameter.shape),
    ]
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let (state, gradient, w) = (update.state, update.gradient, update.weight)
    let (m1, m2, v) = (state["m1"]?.pointer, state.require("m2"), state.require("v"))
    let kernels = OptimizerKernels.best
    try update.forEachElement(still: .neverTouched, coefficients(update.context, decay: update.decay)) {
      c, start, count in
      kernels.ademamix(
        c, gradient.pointer + start, m1.map { $0 + start }, m2.pointer + start, v.pointer + start, w.pointer + start,
        count)
    }
  }

  private func coefficients(_ context: StepContext, decay: Double) -> ft_ademamix {
    let (alpha, beta3) = (warmedAlpha(context), warmedBeta3(context))
    return ft_ademamix(
      gradient_scale: context.gradientScale,
      beta1: Float(beta1), one_minus_beta1: Float(1 - beta1), beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
      beta3: Float(beta3), one_minus_beta3: Float(1 - beta3),
      fast_scale: Float(1 / context.biasCorrection(beta1)),
      root_scale: Float(1 / context.biasCorrection(beta2).squareRoot()),
      alpha: Float(alpha), eps: Float(eps), step_size: Float(context.learningRate),
      decay: Float(context.learningRate * decay))
  }

  private func warmedAlpha(_ context: StepContext) -> Double {
    let length = options.steps("alpha-warmup", total: context.totalSteps)
    return context.step < length ? alpha * Double(context.step) / Double(length) : alpha
  }

  /// Interpolates the averages' half-lives, not the factors themselves.
  private func warmedBeta3(_ context: StepContext) -> Double {
    let length = options.steps("beta3-warmup", total: context.totalSteps)
    guard context.step < length else { return beta3 }
    func halfLife(_ beta: Double) -> Double { log(0.5) / log(beta + 1e-8) - 1 }
    let share = Double(context.step) / Double(length)
    return pow(0.5, 1 / (1 + (1 - share) * halfLife(beta1) + share * halfLife(beta3)))
  }
}
