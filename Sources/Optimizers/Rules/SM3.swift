import CKernels
import Tensors

extension OptimizerSpecification {
  static let sm3 = OptimizerSpecification(
    name: "sm3", summary: "Adagrad covered by rows and columns", source: "google-research/sm3",
    options: [
      .beta("momentum", "0.9", "average of the update; 0: none"),
      OptionSpecification("eps", .number(0...1), default: "1e-30", "added to the cover under the root"),
    ], learningRate: 3e-3
  ) { SM3($0) }
}

/// SM3-II with momentum (Anil et al., 2019), as google-research/sm3. For a matrix only the largest second moment of
/// each row, r, and of each column, c, is stored. The smaller of the two is an upper bound for an element:
///
///     ν = min(r_i, c_j) + G²;  M ← μM + (1−μ) G/√(ν + ε);  r_i ← max_j ν;  c_j ← max_i ν;  W ← W − ηλW − ηM
///
/// A parameter that is not a matrix stores every ν, as Adagrad does. The reference has no weight decay.
struct SM3: OptimizerRule {
  private let momentum: Double
  private let eps: Double

  init(_ options: OptimizerOptions) { (momentum, eps) = (options.number("momentum"), options.number("eps")) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    let shape = parameter.shape
    let m = momentum > 0 ? [StateEntry("m", .firstMoment, shape)] : []
    guard shape.count == 2 else { return m + [StateEntry("v", .secondMoment, shape)] }
    return m + [
      StateEntry("r", .secondMoment, [shape[0]], span: shape[1]), StateEntry("c", .secondMoment, [shape[1]]),
    ]
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let context = update.context
    var c = ft_first_order()
    c.gradient_scale = context.gradientScale
    (c.beta1, c.one_minus_beta1) = (Float(momentum), Float(1 - momentum))
    c.eps = Float(eps)
    c.step_size = Float(context.learningRate)
    c.decay = Float(context.learningRate * update.decay)
    let isFinite = update.parameter.shape.count == 2 ? stepMatrix(c, update) : stepVector(c, update)
    guard isFinite else { throw update.diverged("the new weight") }
  }

  private func stepMatrix(_ c: ft_first_order, _ update: ParameterUpdate) -> Bool {
    // Rows whose weights or bounds may change. Without a gradient r_i stays the same, as the largest min(r_i, c_j) of
    // row i.
    let rows = update.rows(still: momentum > 0 ? .neverTouched : .untouchedNow)
    let (state, gradient, w) = (update.state, update.gradient, update.weight)
    let (kernels, width) = (OptimizerKernels.best, gradient.columns)
    let (r, column, m) = (state.require("r"), state.require("c"), state["m"]?.pointer)
    let regions = RowRegions(gradient, rows: rows)
    let most = Tensor(zeros: [regions.parts, width])
    let failed = Flag()
    withUnsafePointer(to: c) { c in
      regions.forEach { part, row in
        let start = row * width
        let status = kernels.sm3(
          c, gradient.pointer + start, r.pointer[row], column.pointer, r.pointer + row, most.pointer + part * width,
          m.map { $0 + start }, w.pointer + start, width)
        if status != 0 { failed.raise() }
      }
    }
    for index in 0..<width {
      // c_j never falls: in the row that it came from, min(r_i, c_j) is c_j.
      column.pointer[index] = (0..<regions.parts).reduce(column.pointer[index]) {
        max($0, most.pointer[$1 * width + index])
      }
    }
    return !failed.isRaised
  }

  private func stepVector(_ c: ft_first_order, _ update: ParameterUpdate) -> Bool {
    let (state, gradient, w) = (update.state, update.gradient, update.weight)
    let (kernels, v, m) = (OptimizerKernels.best, state.require("v"), state["m"]?.pointer)
    let fresh = Tensor(zeros: v.shape)
    let failed = Flag()
    withUnsafePointer(to: c) { c in
      ElementWise.forEachSlice(v.count) { start, count in
        var largest: Float = 0
        let status = kernels.sm3(
          c, gradient.pointer + start, .infinity, v.pointer + start, &largest, fresh.pointer + start,
          m.map { $0 + start }, w.pointer + start, count)
        if status != 0 { failed.raise() }
      }
    }
    v.copyValues(from: fresh)
    return !failed.isRaised
  }
}
