import Tensors

/// GaLore around Adafactor, as galore-torch 1.0 GaLoreAdafactor: the projected gradient is factored and clipped, then the
/// update is brought back and scaled. Decay takes the effective rate. `scale-parameter` and `relative-step` are off here, on
/// in the reference.
final class GaLoreAdafactor: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "galore-adafactor", summary: "Adafactor on the gradient projected to a low rank", source: "galore-torch 1.0",
    options: [AdafactorStep.beta1Option] + AdafactorStep.options(scaleParameter: false) + [
      AdafactorStep.clipOption, AdafactorStep.relativeStepOption,
    ] + ProjectedRule<AdafactorStep>.options, learningRate: 3e-4)

  private let rule: ProjectedRule<AdafactorStep>

  init(_ options: OptimizerOptions) {
    let adafactor = AdafactorStep(
      options, beta1: options.number("beta1"), clipThreshold: options.number("clip-threshold"),
      usesRelativeStep: options.flag("relative-step"))
    rule = ProjectedRule(adafactor, options)
  }

  func notes(for parameters: [Parameter]) -> [String] { rule.projection.notes(for: parameters) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { rule.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try rule.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
