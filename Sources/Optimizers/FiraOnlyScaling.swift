import Tensors

/// Fira-only-scaling (the ablation in Fira's reviews; no published code): the whole gradient scaled row by row as low-rank
/// Adam would have scaled its projection, under Fira's limiter. Adam's own direction is never taken.
final class FiraOnlyScaling: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "fira-only-scaling", summary: "the gradient scaled by low-rank Adam's factors, without Adam's direction",
    source: "Fira's reviews, no code",
    options: FiraStep.options, learningRate: 5e-4)

  private let fira: FiraStep

  init(_ options: OptimizerOptions) { fira = FiraStep(options, alpha: nil) }

  func notes(for parameters: [Parameter]) -> [String] { fira.projection.notes(for: parameters) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { fira.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try fira.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
