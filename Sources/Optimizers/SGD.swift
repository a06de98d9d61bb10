import CKernels
import Tensors

/// Stochastic gradient descent, as torch.optim.SGD: `G ← G + λW; B ← μB + (1−d)G; W −= ηB`, and `B = G` at the first step
/// whatever the dampening d. Without momentum nothing is stored.
final class SGD: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "sgd", summary: "stochastic gradient descent", source: "torch.optim.SGD", options: options(momentum: "0"),
    learningRate: 1e-1)

  static func options(momentum: String) -> [OptionSpecification] {
    [
      .beta("momentum", momentum, "weight of the running sum of gradients"),
      OptionSpecification("dampening", .number(0...1), default: "0", "kept back of each gradient after the first"),
    ]
  }

  private let momentum: Double
  private let dampening: Double

  init(_ options: OptimizerOptions) {
    momentum = options.number("momentum")
    dampening = options.number("dampening")
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    momentum > 0 ? [StateEntry("m", .firstMoment, parameter.shape)] : []
  }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    let (w, kernels) = (parameter.value, OptimizerKernels.best)
    var c = ft_first_order()
    c.gradient_scale = context.gradientScale
    c.coupled_decay = Float(decay)
    c.step_size = Float(context.learningRate)
    guard momentum > 0 else {
      return try ElementWiseUpdate.run(
        parameter, state: state, decay: decay, context: context, still: .untouchedNow, coefficients: c
      ) { c, start, count in
        kernels.sgd(c, gradient.pointer + start, w.pointer + start, count)
      }
    }
    c.beta1 = Float(momentum)
    c.one_minus_beta1 = context.step == 1 ? 1 : Float(1 - dampening)
    let m = state.require("m")
    try ElementWiseUpdate.run(
      parameter, state: state, decay: decay, context: context, still: .neverTouched, coefficients: c
    ) { c, start, count in
      kernels.sgd_momentum(c, gradient.pointer + start, m.pointer + start, w.pointer + start, count)
    }
  }
}
