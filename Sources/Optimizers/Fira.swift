import Tensors

/// Fira (Chen et al., 2024), as fira 1.0.2: Adam in a low-rank subspace, and the rest of the gradient scaled by how Adam
/// scaled the part in the subspace, held by a limiter on its growth.
///
/// Two differences, both on zero gradients: the old basis is kept (the reference takes unit vectors), and a limited norm
/// of 0 counts as no history (the reference then holds the residual near 1e-8 for some 1,400 steps).
final class Fira: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "fira", summary: "low-rank Adam plus the scaled full-rank residual", source: "fira 1.0.2",
    options: FiraStep.options + [
      OptionSpecification("alpha", .number(0...1e6), default: "1.0", "scale of the low-rank update")
    ], learningRate: 5e-4)

  private let fira: FiraStep

  init(_ options: OptimizerOptions) { fira = FiraStep(options, alpha: options.number("alpha")) }

  func notes(for parameters: [Parameter]) -> [String] { fira.projection.notes(for: parameters) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { fira.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try fira.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
