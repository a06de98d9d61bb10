import Tensors

/// Adam (Kingma and Ba, 2015), as torch.optim.Adam: weight decay is part of the gradient, `G ← G + λW`.
final class Adam: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "adam", summary: "Adam with decay in the gradient", source: "torch.optim.Adam",
    options: [
      .beta("beta1", "0.9", "average of the gradient"), .beta("beta2", "0.999", "average of its square"), .eps("1e-8"),
    ], learningRate: 5e-5)

  private let adam: AdamStep

  init(_ options: OptimizerOptions) {
    adam = AdamStep(
      beta1: options.number("beta1"), beta2: options.number("beta2"), eps: options.number("eps"), form: .corrected,
      decayPlace: .coupled)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { adam.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try adam.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
