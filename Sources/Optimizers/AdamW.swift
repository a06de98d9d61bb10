import Tensors

/// AdamW (Loshchilov and Hutter, 2019), as torch.optim.AdamW: decay first, then `W −= (η/c1) · m / (√v/√c2 + ε)`.
final class AdamW: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "adamw", summary: "Adam with decoupled weight decay", source: "torch.optim.AdamW",
    options: [
      .beta("beta1", "0.9", "average of the gradient"), .beta("beta2", "0.999", "average of its square"), .eps("1e-8"),
    ], learningRate: 5e-5)

  private let adam: AdamStep

  init(_ options: OptimizerOptions) {
    adam = AdamStep(
      beta1: options.number("beta1"), beta2: options.number("beta2"), eps: options.number("eps"), form: .corrected,
      decayPlace: .before)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { adam.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try adam.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
