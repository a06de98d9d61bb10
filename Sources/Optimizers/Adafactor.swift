import Tensors

/// Adafactor (Shazeer and Stern, 2018), as transformers' `optimization.Adafactor` (torch.optim.Adafactor is another rule):
///
///     u = F(r,c) ⊙ G;  u ← η u / max(1, RMS(u)/clip);  with β1: M ← β1 M + (1−β1) u, u = M;  W ← W − ηλW − u
///
/// The rate η is inside the average. `scale-parameter` and `relative-step` are off here, on in the reference.
final class Adafactor: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "adafactor", summary: "factored second moment, clipped update", source: "transformers 5.23 Adafactor",
    options: [AdafactorStep.beta1Option] + AdafactorStep.options(scaleParameter: false) + [
      AdafactorStep.clipOption, AdafactorStep.relativeStepOption,
    ], learningRate: 5e-5)

  private let step: AdafactorStep

  init(_ options: OptimizerOptions) {
    step = AdafactorStep(
      options, beta1: options.number("beta1"), clipThreshold: options.number("clip-threshold"),
      usesRelativeStep: options.flag("relative-step"))
  }

  func notes(for parameters: [Parameter]) -> [String] {
    step.usesRelativeStep
      ? ["relative-step takes the rate from the step count: the learning rate given is not used"] : []
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { step.stateLayout(parameter.shape) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try step.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
