import CKernels
import Tensors

extension OptimizerSpecification {
  static let sgd = OptimizerSpecification(
    name: "sgd", summary: "stochastic gradient descent", source: "torch.optim.SGD",
    options: SGD.options(momentum: "0"), learningRate: 1e-1
  ) { SGD($0) }

  /// With momentum, as torch.optim.SGD with `momentum=0.9`.
  static let sgdm = OptimizerSpecification(
    name: "sgdm", summary: "gradient descent with momentum", source: "torch.optim.SGD",
    options: SGD.options(momentum: "0.9"), learningRate: 3e-2
  ) { SGD($0) }
}

/// Stochastic gradient descent, as torch.optim.SGD: `G ← G + λW; B ← μB + (1−d)G; W −= ηB`. At the first step B is G,
/// whatever the dampening d. Without momentum nothing is stored.
struct SGD: OptimizerRule {
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

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let (context, gradient, w, kernels) = (update.context, update.gradient, update.weight, OptimizerKernels.best)
    var c = ft_first_order()
    c.gradient_scale = context.gradientScale
    c.coupled_decay = Float(update.decay)
    c.step_size = Float(context.learningRate)
    guard momentum > 0 else {
      return try update.forEachElement(still: .untouchedNow, c) { c, start, count in
        kernels.sgd(c, gradient.pointer + start, w.pointer + start, count)
      }
    }
    c.beta1 = Float(momentum)
    c.one_minus_beta1 = context.step == 1 ? 1 : Float(1 - dampening)
    let m = update.state.require("m")
    try update.forEachElement(still: .neverTouched, c) { c, start, count in
      kernels.sgd_momentum(c, gradient.pointer + start, m.pointer + start, w.pointer + start, count)
    }
  }
}
