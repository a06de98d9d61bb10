import Tensors

/// AdamW (Loshchilov and Hutter, 2019), as torch.optim.AdamW: decay first, then `W −= (η/c1) · m / (√v/√c2 + ε)`.
final class AdamW: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "adamw", summary: "Adam with decoupled weight decay", source: "torch.optim.AdamW",
    options: AdamStep.options, learningRate: 5e-5)

  private let adam: AdamStep

  init(_ options: OptimizerOptions) {
    adam = AdamStep(options, form: .corrected, decayPlace: .before)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { adam.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try adam.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
