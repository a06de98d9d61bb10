import CKernels
import Tensors

extension OptimizerSpecification {
  static let adagrad = OptimizerSpecification(
    name: "adagrad", summary: "rates fall with the summed squares", source: "torch.optim.Adagrad",
    options: [.eps("1e-10")], learningRate: 1e-3
  ) { Adagrad($0) }
}

/// Adagrad (Duchi et al., 2011), as torch.optim.Adagrad without rate decay: `G ← G + λW; s += G²; W −= ηG/(√s + ε)`.
struct Adagrad: OptimizerRule {
  private let eps: Double

  init(_ options: OptimizerOptions) { eps = options.number("eps") }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    [StateEntry("s", .secondMoment, parameter.shape)]
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let (gradient, w, s) = (update.gradient, update.weight, update.state.require("s"))
    let kernels = OptimizerKernels.best
    var c = ft_first_order()
    c.gradient_scale = update.context.gradientScale
    c.coupled_decay = Float(update.decay)
    c.eps = Float(eps)
    c.step_size = Float(update.context.learningRate)
    try update.forEachElement(still: .untouchedNow, c) { c, start, count in
      kernels.adagrad(c, gradient.pointer + start, s.pointer + start, w.pointer + start, count)
    }
  }
}
