import CKernels
import Tensors

extension OptimizerSpecification {
  /// Adam (Kingma and Ba, 2015), as torch.optim.Adam: weight decay is part of the gradient, `G ← G + λW`.
  static let adam = OptimizerSpecification(
    name: "adam", summary: "Adam with decay in the gradient", source: "torch.optim.Adam", options: Adam.options,
    learningRate: 5e-5
  ) { Adam($0, form: .corrected, decayPlace: .coupled) }

  /// AdamW (Loshchilov and Hutter, 2019), as torch.optim.AdamW: decay first, then `W −= (η/c1) · m / (√v/√c2 + ε)`.
  static let adamw = OptimizerSpecification(
    name: "adamw", summary: "Adam with decoupled weight decay", source: "torch.optim.AdamW", options: Adam.options,
    learningRate: 5e-5
  ) { Adam($0, form: .corrected, decayPlace: .before) }
}

/// Adam's rule, in one fused pass over a parameter. Other rules use it too, e.g. Fira for parameters that are not
/// projected.
struct Adam: OptimizerRule {
  /// Where the formula has ε and the bias correction of the second moment.
  enum Form {
    /// `m/c1 / (√v/√c2 + ε)`, torch.optim.Adam and AdamW.
    case corrected
    /// `√c2/c1 · m / (√v + ε)`, galore-torch and fira.
    case epsilonFirst
  }

  /// When weight decay is applied.
  enum DecayPlace {
    /// `G ← G + λW` first: torch.optim.Adam.
    case coupled
    /// `W ← W − ηλW` before the update: torch.optim.AdamW.
    case before
    /// After the update, with the plain rate: galore-torch, fira.
    case after
  }

  /// The options with torch's defaults.
  static let options: [OptionSpecification] = [
    .beta("beta1", "0.9", "average of the gradient"), .beta("beta2", "0.999", "average of its square"), .eps("1e-8"),
  ]
  /// The options with the defaults of galore-torch and fira.
  static let projectedOptions: [OptionSpecification] = [
    .beta("beta1", "0.9", "average of the projected gradient"), .beta("beta2", "0.999", "average of its square"),
    .eps("1e-6"),
  ]

  let beta1: Double
  let beta2: Double
  let eps: Double
  let form: Form
  let decayPlace: DecayPlace

  init(_ options: OptimizerOptions, form: Form, decayPlace: DecayPlace) {
    beta1 = options.number("beta1")
    beta2 = options.number("beta2")
    eps = options.number("eps")
    self.form = form
    self.decayPlace = decayPlace
  }

  /// The coefficients are computed in Double and rounded once, since in Float 1 − 0.999 has a relative error of 1.3e-5.
  func coefficients(_ context: StepContext, decay: Double) -> ft_adam {
    let (c1, c2) = (context.biasCorrection(beta1), context.biasCorrection(beta2))
    let shrink = Float(1 - context.learningRate * decay)
    let isCorrected = form == .corrected
    return ft_adam(
      gradient_scale: context.gradientScale,
      beta1: Float(beta1), one_minus_beta1: Float(1 - beta1), beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
      root_scale: isCorrected ? Float(1 / c2.squareRoot()) : 1, eps: Float(eps),
      step_size: Float(isCorrected ? context.learningRate / c1 : context.learningRate * c2.squareRoot() / c1),
      decay_before: decayPlace == .before ? shrink : 1, decay_after: decayPlace == .after ? shrink : 1,
      coupled_decay: decayPlace == .coupled ? Float(decay) : 0)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { subspaceLayout(parameter.shape) }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let (state, gradient, kernels) = (update.state, update.gradient, OptimizerKernels.best)
    let (m, v, w) = (state.require("m"), state.require("v"), update.weight)
    try update.forEachElement(still: .neverTouched, coefficients(update.context, decay: update.decay)) {
      c, start, count in
      kernels.adam(c, gradient.pointer + start, m.pointer + start, v.pointer + start, w.pointer + start, count)
    }
  }
}

extension Adam: SubspaceRule {
  func subspaceLayout(_ shape: [Int]) -> [StateEntry] {
    [StateEntry("m", .firstMoment, shape), StateEntry("v", .secondMoment, shape)]
  }

  func direction(over projected: Tensor, _ update: ParameterUpdate) -> ft_adam? {
    let step = coefficients(update.context, decay: update.decay)
    direction(projected, into: projected, state: update.state, step)
    return step
  }

  /// Updates the moments and writes Adam's direction, without the learning rate. The two tensors may be the same.
  func direction(_ projected: Tensor, into direction: Tensor, state: ParameterState, _ coefficients: ft_adam) {
    let (m, v, kernels) = (state.require("m"), state.require("v"), OptimizerKernels.best)
    withUnsafePointer(to: coefficients) { c in
      ElementWise.forEachSlice(direction.count) { start, count in
        kernels.adam_direction(
          c, projected.pointer + start, m.pointer + start, v.pointer + start, direction.pointer + start, count)
      }
    }
  }
}
