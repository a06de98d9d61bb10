import Tensors

/// GaLore (Zhao et al., 2024), as galore-torch 1.0 GaLoreAdamW: Adam whose moments live in the gradient's leading subspace.
final class GaLore: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "galore", summary: "Adam on the gradient projected to a low rank", source: "galore-torch 1.0",
    options: AdamStep.projectedOptions + ProjectedRule<AdamStep>.options, learningRate: 3e-4)

  private let rule: ProjectedRule<AdamStep>

  init(_ options: OptimizerOptions) {
    let adam = AdamStep(options, form: .epsilonFirst, decayPlace: .after)
    rule = ProjectedRule(adam, options)
  }

  func notes(for parameters: [Parameter]) -> [String] { rule.projection.notes(for: parameters) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { rule.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try rule.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
