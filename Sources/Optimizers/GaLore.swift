import Tensors

/// GaLore (Zhao et al., 2024), as galore-torch 1.0: Adam whose moments live in the gradient's leading subspace.
///
/// A zero gradient keeps the old basis; the reference takes unit vectors.
final class GaLore: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "galore", summary: "Adam on the gradient projected to a low rank", source: "galore-torch 1.0",
    options: [
      .beta("beta1", "0.9", "average of the projected gradient"), .beta("beta2", "0.999", "average of its square"),
      .eps("1e-6"),
    ] + ProjectedRule<AdamStep>.options, learningRate: 5e-4)

  private let projected: ProjectedRule<AdamStep>

  init(_ options: OptimizerOptions) {
    let adam = AdamStep(
      beta1: options.number("beta1"), beta2: options.number("beta2"), eps: options.number("eps"), form: .epsilonFirst,
      decayPlace: .after)
    projected = ProjectedRule(adam, options)
  }

  func notes(for parameters: [Parameter]) -> [String] { projected.projection.notes(for: parameters) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    projected.projection.applies(to: parameter)
      ? projected.stateLayout(for: parameter) : projected.base.stateLayout(for: parameter)
  }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    if projected.projection.applies(to: parameter.layout) {
      try projected.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
    } else {
      try projected.base.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
    }
  }
}
