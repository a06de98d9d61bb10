import CKernels
import Support
import Tensors

/// Fira (Chen et al., 2024), as fira 1.0.2: Adam in a low-rank subspace, and the rest of the gradient scaled by how Adam
/// scaled the part in the subspace, held by a limiter on its growth.
///
/// Two differences, both on zero gradients: the old basis is kept (the reference takes unit vectors), and a limited norm
/// of 0 counts as no history (the reference then holds the residual near 1e-8 for some 1,400 steps).
final class Fira: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "fira", summary: "low-rank Adam plus the scaled full-rank residual", source: "fira 1.0.2",
    options: [
      .beta("beta1", "0.9", "average of the projected gradient"), .beta("beta2", "0.999", "average of its square"),
      .eps("1e-6"), LowRankProjection.rankOption(default: "8"),
    ] + LowRankProjection.options + [
      OptionSpecification("alpha", .number(0...1e6), default: "1.0", "scale of the low-rank update"),
      OptionSpecification(
        "gamma", .number(1...1e6), default: "1.01", "largest growth of the residual's norm in a step"),
      OptionSpecification(
        "granularity", .choice(["column", "matrix"]), default: "column",
        "one scaling factor for each row or column, or for the matrix"),
      OptionSpecification(
        "limiter", .choice(Limiter.allCases.map(\.rawValue)), default: "norm-growth", "what holds the residual"),
    ], learningRate: 5e-4)

  enum Limiter: String, CaseIterable {
    case normGrowth = "norm-growth"
    case shrink
    case tensorWise = "tensor-wise"
    case clip
    case none
  }

  private let adam: AdamStep
  private let projection: LowRankProjection
  private let alpha: Float
  private let gamma: Double
  private let isByMatrix: Bool
  private let limiter: Limiter

  init(_ options: OptimizerOptions) {
    adam = AdamStep(
      beta1: options.number("beta1"), beta2: options.number("beta2"), eps: options.number("eps"), form: .epsilonFirst,
      decayPlace: .after)
    projection = LowRankProjection(options)
    alpha = Float(options.number("alpha"))
    gamma = options.number("gamma")
    isByMatrix = options.text("granularity") == "matrix"
    limiter = Limiter(rawValue: options.text("limiter")) ?? .normGrowth
  }

  func notes(for parameters: [Parameter]) -> [String] { projection.notes(for: parameters) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    guard projection.applies(to: parameter) else { return adam.stateLayout(for: parameter) }
    return projection.stateLayout(for: parameter)
  }

  func makeState(for parameter: Parameter) -> ParameterState {
    let state = ParameterState(stateLayout(for: parameter.layout), for: parameter)
    guard projection.applies(to: parameter.layout) else { return state }
    state.scalars["has_basis"] = 0
    state.scalars["limited_norm"] = 0
    return state
  }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    guard projection.applies(to: parameter.layout) else {
      return try adam.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
    }
    var c = adam.coefficients(context, decay: decay)
    let hasBasis = projection.refresh(state, gradient: gradient, parameter: parameter, context: context)
    // Without a basis nothing below reads the gradient, so what is wrong with it must be said here.
    guard hasBasis || ElementWise.sumOfSquares(gradient).isFinite else {
      throw .diverged(
        parameter: parameter.name, step: context.step, learningRate: context.learningRate, what: "the gradient")
    }
    let pass = ProjectedPass(
      weight: parameter.value, gradient: gradient, basis: state.require("projector"),
      side: projection.side(of: parameter.shape))
    let direction = Tensor(uninitialized: state.require("m").shape)
    if hasBasis {
      pass.direction(into: direction, m: state.require("m"), v: state.require("v"), adam: c)
      let norm = pass.residual(direction: direction, alpha: alpha, scale: c.gradient_scale, byMatrix: isByMatrix)
      let limited = limit(norm, state: state)
      pass.combine(direction: direction, alpha: alpha, residualScale: Float(limited))
    } else {
      gradient.fill(0)
    }
    let failed = Flag()
    let kernels = ft_optimizer_kernels_best().pointee
    ElementWise.forEachSlice(gradient.count) { start, count in
      let status = withUnsafePointer(to: &c) {
        kernels.apply($0, gradient.pointer + start, parameter.value.pointer + start, count)
      }
      if status != 0 { failed.raise() }
    }
    guard !failed.isRaised else {
      throw .diverged(
        parameter: parameter.name, step: context.step, learningRate: context.learningRate, what: "the new weight")
    }
  }

  /// The factor on the residual of norm `norm`, remembering the norm it leaves.
  private func limit(_ norm: Double, state: ParameterState) -> Double {
    let last = state.scalars["limited_norm"] ?? 0
    let factor: Double
    switch limiter {
    case .normGrowth: factor = last > 0 ? gamma / max(norm / (last + 1e-8), gamma) : 1
    case .shrink: factor = last > 0 && norm > 0 ? (0.1 * norm + 0.9 * last) / norm : 1
    case .tensorWise: factor = 0.1
    case .clip: factor = norm > 1 ? 1 / norm : 1
    case .none: factor = 1
    }
    state.scalars["limited_norm"] = norm * factor
    return factor
  }
}
