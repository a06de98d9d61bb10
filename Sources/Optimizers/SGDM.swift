import Tensors

/// ``SGD`` with momentum, as torch.optim.SGD with `momentum=0.9`.
final class SGDM: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "sgdm", summary: "gradient descent with momentum", source: "torch.optim.SGD",
    options: SGD.options(momentum: "0.9"), learningRate: 3e-2)

  private let rule: SGD

  init(_ options: OptimizerOptions) { rule = SGD(options) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { rule.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try rule.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
