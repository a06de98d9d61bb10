import Tensors

/// GaLore around 8-bit Adam, as galore-torch 1.0 GaLoreAdamW8bit: a projected gradient of fewer than 4,096 elements keeps
/// moments of 32 bits. Projected matrices decay after the update, all others before it.
final class GaLoreAdam8bit: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "galore-adam8bit", summary: "adam8bit on the gradient projected to a low rank", source: "galore-torch 1.0",
    options: Adam8bitStep.options + ProjectedRule<Adam8bitStep>.options, learningRate: 3e-4)

  private let rule: ProjectedRule<Adam8bitStep>

  init(_ options: OptimizerOptions) {
    rule = ProjectedRule(Adam8bitStep(options), options)
  }

  func notes(for parameters: [Parameter]) -> [String] { rule.projection.notes(for: parameters) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { rule.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try rule.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
