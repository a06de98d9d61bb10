import CKernels
import Tensors

extension OptimizerSpecification {
  static let lion = OptimizerSpecification(
    name: "lion", summary: "sign of an averaged gradient", source: "lion-pytorch 0.2.5",
    options: [
      .beta("beta1", "0.9", "weight of the average in the step"), .beta("beta2", "0.99", "average of the gradient"),
    ], learningRate: 3e-5
  ) { Lion($0) }
}

/// Lion (Chen et al., 2023), as lion-pytorch 0.2.5: `W −= η (sign(β1 m + (1−β1)G) + λW)`, only then
/// `m ← β2 m + (1−β2)G`. Since sign(0) is 0, rows that no sparse gradient has reached do not change.
struct Lion: OptimizerRule {
  private let beta1: Double
  private let beta2: Double

  init(_ options: OptimizerOptions) { (beta1, beta2) = (options.number("beta1"), options.number("beta2")) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    [StateEntry("m", .firstMoment, parameter.shape)]
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let (context, gradient, w, m) = (update.context, update.gradient, update.weight, update.state.require("m"))
    let kernels = OptimizerKernels.best
    var c = ft_first_order()
    c.gradient_scale = context.gradientScale
    (c.beta1, c.one_minus_beta1) = (Float(beta1), Float(1 - beta1))
    (c.beta2, c.one_minus_beta2) = (Float(beta2), Float(1 - beta2))
    c.step_size = Float(context.learningRate)
    c.decay = Float(context.learningRate * update.decay)
    try update.forEachElement(still: .neverTouched, c) { c, start, count in
      kernels.lion(c, gradient.pointer + start, m.pointer + start, w.pointer + start, count)
    }
  }
}
