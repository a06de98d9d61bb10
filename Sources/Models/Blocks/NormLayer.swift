import Tensors

/// The norm of a decoder: by mean and deviation (GPT-2), or by the root of the mean square alone (LLaMA).
enum NormLayer {
  case layer(LayerNormLayer)
  case rootMeanSquare(weight: Parameter, eps: Float)

  func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    switch self {
    case .layer(let norm): norm(x, on: tape)
    case .rootMeanSquare(let weight, let eps): tape.rmsNorm(x, weight: weight, eps: eps)
    }
  }
}

extension ParameterList {
  func rmsNorm(_ name: String, width: Int, eps: Double) -> NormLayer {
    .rootMeanSquare(weight: make(name + ".weight", .norm, [width]), eps: Float(eps))
  }
}
