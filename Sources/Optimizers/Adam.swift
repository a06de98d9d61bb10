import Tensors

/// Adam (Kingma and Ba, 2015), as torch.optim.Adam: weight decay is part of the gradient, `G ← G + λW`.
final class Adam: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "adam", summary: "Adam with decay in the gradient", source: "torch.optim.Adam",
    options: AdamStep.options, learningRate: 5e-5)

  private let adam: AdamStep

  init(_ options: OptimizerOptions) {
    adam = AdamStep(options, form: .corrected, decayPlace: .coupled)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { adam.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try adam.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
