import Tensors

extension OptimizerSpecification {
  static let came = OptimizerSpecification(
    name: "came", summary: "Adafactor guided by its own confidence", source: "came-pytorch 0.1.3",
    options: [
      .beta("beta1", "0.9", "average of the update"), .beta("beta2", "0.999", "average of the squares"),
      .beta("beta3", "0.9999", "average of the squared distance of update and average"),
      OptionSpecification("eps", .number(0...1), default: "1e-30", "added to every square"),
      OptionSpecification("eps2", .number(0...1), default: "1e-16", "added to every squared distance"),
      Adafactor.clipOption,
    ], learningRate: 1e-5
  ) { CAME($0) }
}

/// CAME (Luo et al., 2023), as came-pytorch 0.1.3. It averages Adafactor's clipped update. The average is then divided
/// by the root of an averaged squared distance between update and average, which is factored like the second moment:
///
///     u = F(r,c) ⊙ G / max(1, RMS/clip);  M ← β1 M + (1−β1) u;  s = (u − M)² + eps2 into rs, cs
///     W ← W − ηλW − η F(rs,cs) ⊙ M,  and −ηM without confidence for anything but a matrix
///
/// β2 and β3 are constant and without bias correction. The RMS of the first step is therefore about 11 η, so use
/// warm-up.
struct CAME: OptimizerRule {
  private let beta1: Double
  private let beta2: Double
  private let beta3: Double
  private let clipThreshold: Double
  private let moment: FactoredMoment
  private let distance: FactoredMoment

  init(_ options: OptimizerOptions) {
    (beta1, beta2) = (options.number("beta1"), options.number("beta2"))
    (beta3, clipThreshold) = (options.number("beta3"), options.number("clip-threshold"))
    moment = FactoredMoment(eps: options.number("eps"))
    distance = FactoredMoment(eps: options.number("eps2"), prefix: "distance_", kind: .other)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    let (shape, isFactored) = (parameter.shape, FactoredMoment.isFactored(parameter.shape))
    return [StateEntry("m", .firstMoment, shape)] + moment.stateLayout(shape)
      + (isFactored ? distance.stateLayout(shape) : [])
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let (context, gradient, state, touched) = (update.context, update.gradient, update.state, update.touchedRows)
    // Rows whose average may be nonzero; in the others the update, its average and their distance are exactly 0.
    let isByRow = update.rows(still: .neverTouched) != nil
    // Sums must not depend on the order in which gradients first reached the rows, since a restored state has lost that
    // order.
    let active = isByRow ? state.activeRows?.ascending : nil
    let scale = context.gradientScale
    guard let root = moment.update(state, gradient: gradient, scale: scale, rows: touched, beta: beta2) else {
      throw update.diverged("the gradient")
    }
    if scale != 1 { root.scale(by: Double(scale)) }
    root.clip(gradient, threshold: clipThreshold, rows: touched)
    guard let step = average(gradient, root, state: state, rows: active) else {
      throw update.diverged("the update")
    }
    step.scale(by: context.learningRate)
    let shrink = Float(context.learningRate * update.decay)
    guard step.step(state.require("m"), weight: update.weight, decay: shrink, rows: active) else {
      throw update.diverged("the new weight")
    }
  }

  /// Averages `root ⊙ gradient` into m.
  ///
  /// - Returns: the factors of m in the step, before the rate; `nil` when the distances are not finite.
  private func average(_ gradient: Tensor, _ root: InverseRoot, state: ParameterState, rows: [Int]?) -> InverseRoot? {
    let m = state.require("m")
    guard FactoredMoment.isFactored(gradient.shape) else {
      root.average(gradient, into: m, beta: beta1, rows: nil)
      return .ones(rows: 1, columns: m.count)
    }
    let sums = root.averageMeasuringDistance(gradient, into: m, beta: beta1, rows: rows)
    return distance.update(state, rowSums: sums.rows, columnSums: sums.columns, beta: beta3)
  }
}
