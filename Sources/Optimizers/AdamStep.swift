import CKernels
import Support
import Tensors

/// One fused Adam step over a parameter: shared by every rule whose unprojected parameters follow Adam.
struct AdamStep {
  /// Where ε and the bias correction of the second moment stand.
  enum Form {
    /// `m/c1 / (√v/√c2 + ε)`, torch.optim.Adam and AdamW.
    case corrected
    /// `√c2/c1 · m / (√v + ε)`, galore-torch and fira.
    case epsilonFirst
  }

  /// Where weight decay stands.
  enum DecayPlace {
    /// `G ← G + λW` first: torch.optim.Adam.
    case coupled
    /// `W ← W − ηλW` before the update: torch.optim.AdamW.
    case before
    /// After the update, with the plain rate: galore-torch, fira.
    case after
  }

  /// torch's.
  static let options: [OptionSpecification] = [
    .beta("beta1", "0.9", "average of the gradient"), .beta("beta2", "0.999", "average of its square"), .eps("1e-8"),
  ]
  /// galore-torch's and fira's.
  static let projectedOptions: [OptionSpecification] = [
    .beta("beta1", "0.9", "average of the projected gradient"), .beta("beta2", "0.999", "average of its square"),
    .eps("1e-6"),
  ]

  let beta1: Double
  let beta2: Double
  let eps: Double
  let form: Form
  let decayPlace: DecayPlace

  init(_ options: OptimizerOptions, form: Form, decayPlace: DecayPlace) {
    beta1 = options.number("beta1")
    beta2 = options.number("beta2")
    eps = options.number("eps")
    self.form = form
    self.decayPlace = decayPlace
  }

  /// Coefficients computed in Double and rounded once: in Float, 1 − 0.999 is off by 1.3e-5.
  func coefficients(_ context: StepContext, decay: Double) -> ft_adam {
    let c1 = 1 - power(beta1, context.step)
    let c2 = 1 - power(beta2, context.step)
    let shrink = Float(1 - context.learningRate * decay)
    let isCorrected = form == .corrected
    return ft_adam(
      gradient_scale: context.gradientScale,
      beta1: Float(beta1), one_minus_beta1: Float(1 - beta1), beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
      root_scale: isCorrected ? Float(1 / c2.squareRoot()) : 1, eps: Float(eps),
      step_size: Float(isCorrected ? context.learningRate / c1 : context.learningRate * c2.squareRoot() / c1),
      decay_before: decayPlace == .before ? shrink : 1, decay_after: decayPlace == .after ? shrink : 1,
      coupled_decay: decayPlace == .coupled ? Float(decay) : 0)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    [StateEntry("m", .firstMoment, parameter.shape), StateEntry("v", .secondMoment, parameter.shape)]
  }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    let c = coefficients(context, decay: decay)
    let (m, v, w) = (state.require("m"), state.require("v"), parameter.value)
    let kernels = OptimizerKernels.best
    try ElementWiseUpdate.run(
      parameter, state: state, decay: decay, context: context, still: .neverTouched, coefficients: c
    ) { c, start, count in
      kernels.adam(c, gradient.pointer + start, m.pointer + start, v.pointer + start, w.pointer + start, count)
    }
  }
}

extension ParameterState {
  /// Rows that may have a nonzero step, those of this gradient included; `nil`: all.
  func rowsToUpdate(for parameter: Parameter) -> [Int]? {
    guard activeRows != nil, let touched = parameter.touchedRows else {
      activateAllRows()
      return nil
    }
    for row in touched.indices { activeRows?.insert(row) }
    return activeRows?.indices
  }

  /// After a restore: a row is active when any of its moments is nonzero, or may be by its scale.
  func rebuildActiveRows(of parameter: Parameter) {
    guard let capacity = activeRows?.capacity else { return }
    let width = parameter.value.columns
    var rows = RowSet(capacity: capacity)
    for (name, _, tensor) in tensors {
      guard case .float32(let values) = tensor else { continue }
      let span = spans[name] ?? (values.count == parameter.count ? 1 : 0)
      guard span > 0 else { continue }
      for (index, value) in UnsafeBufferPointer(start: values.pointer, count: values.count).enumerated()
      where value != 0 {
        let end = min(parameter.count, (index + 1) * span)
        for row in index * span / width..<(end + width - 1) / width { rows.insert(row) }
      }
    }
    activeRows = rows
  }
}

/// Integer power in Double, by repeated squaring: exact to an ulp or two at any step count.
func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, square, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
