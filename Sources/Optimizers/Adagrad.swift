import CKernels
import Tensors

/// Adagrad (Duchi et al., 2011), as torch.optim.Adagrad without rate decay: `G ← G + λW; s += G²; W −= ηG/(√s + ε)`.
final class Adagrad: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "adagrad", summary: "rates fall with the summed squares", source: "torch.optim.Adagrad",
    options: [.eps("1e-10")], learningRate: 1e-3)

  private let eps: Double

  init(_ options: OptimizerOptions) { eps = options.number("eps") }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    [StateEntry("s", .secondMoment, parameter.shape)]
  }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    let (w, s, kernels) = (parameter.value, state.require("s"), OptimizerKernels.best)
    var c = ft_first_order()
    c.gradient_scale = context.gradientScale
    c.coupled_decay = Float(decay)
    c.eps = Float(eps)
    c.step_size = Float(context.learningRate)
    try ElementWiseUpdate.run(
      parameter, state: state, decay: decay, context: context, still: .untouchedNow, coefficients: c
    ) { c, start, count in
      kernels.adagrad(c, gradient.pointer + start, s.pointer + start, w.pointer + start, count)
    }
  }
}
