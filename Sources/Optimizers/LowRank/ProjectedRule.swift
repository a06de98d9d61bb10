import Support
import Tensors

/// GaLore (Zhao et al., 2024) around any rule: project the gradient, let the rule work on it, bring its step back.
/// Parameters that are not projected take the rule as it is.
///
/// A zero gradient keeps the old basis; the reference takes unit vectors.
struct ProjectedRule<Base: SubspaceRule & Sendable> {
  let base: Base
  let projection: LowRankProjection
  /// Multiplies what comes back.
  let scale: Double

  static var options: [OptionSpecification] {
    [
      LowRankProjection.rankOption(default: "128"),
      OptionSpecification("scale", .number(0...1e6), default: "0.25", "multiplies the update that comes back"),
    ] + LowRankProjection.options
  }

  init(_ base: Base, _ options: OptimizerOptions) {
    self.base = base
    projection = LowRankProjection(options)
    scale = options.number("scale")
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    projection.stateLayout(of: base, for: parameter)
  }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    guard projection.applies(to: parameter.layout) else {
      return try base.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
    }
    let hasBasis = try projection.refresh(state, gradient: gradient, parameter: parameter, context: context)
    let pass = projection.pass(state, parameter)
    // Without a basis the gradient has always been zero: only the decay is left.
    let projected = Tensor(zeros: projection.projectedShape(parameter.shape))
    if hasBasis { pass.project(gradient, scale: 1, into: projected, squares: nil) }
    guard
      var step = base.direction(projected, state: state, weight: parameter.value, decay: decay, context: context)
    else { throw context.diverged(parameter, "the gradient") }
    step.step_size *= Float(scale)
    guard pass.apply(step, direction: hasBasis ? projected : nil, to: parameter.value) else {
      throw context.diverged(parameter, "the new weight")
    }
  }
}
