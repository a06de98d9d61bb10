import CKernels
import Support
import Tensors

extension OptimizerSpecification {
  static let fira = OptimizerSpecification(
    name: "fira", summary: "low-rank Adam plus the scaled full-rank residual", source: "fira 1.0.2",
    options: Fira.options + [
      OptionSpecification("alpha", .number(0...1e6), default: "1.0", "scale of the low-rank update")
    ], learningRate: 5e-4
  ) { Fira($0, alpha: $0.number("alpha")) }

  /// Fira-only-scaling (the ablation in Fira's reviews; no published code): the whole gradient scaled row by row as
  /// low-rank Adam would have scaled its projection, under Fira's limiter. Adam's own direction is never taken.
  static let firaOnlyScaling = OptimizerSpecification(
    name: "fira-only-scaling", summary: "the gradient scaled by low-rank Adam's factors, without Adam's direction",
    source: "Fira's reviews, no code", options: Fira.options, learningRate: 5e-4
  ) { Fira($0, alpha: nil) }
}

/// Fira (Chen et al., 2024), as fira 1.0.2. Adam runs in a low-rank subspace. The rest of the gradient, the residual,
/// is scaled by the factors by which Adam scaled the part in the subspace, and a limiter bounds the growth of its norm.
///
/// Two differences from the reference concern zero gradients. The old basis is kept, where the reference takes unit
/// vectors. A limited norm of 0 counts as no history, where the reference holds the residual near 1e-8 for some 1,400
/// steps.
struct Fira: OptimizerRule {
  enum Limiter: String, CaseIterable {
    case normGrowth = "norm-growth"
    case shrink
    case tensorWise = "tensor-wise"
    case clip
    case none
  }

  private let adam: Adam
  private let projection: LowRankProjection
  private let alpha: Float
  private let gamma: Double
  private let isByMatrix: Bool
  private let limiter: Limiter
  /// Whether the low-rank update is left out, so that the step is only the whole gradient, scaled.
  private let scalesOnly: Bool

  static let options: [OptionSpecification] =
    Adam.projectedOptions + [LowRankProjection.rankOption(default: "8")] + LowRankProjection.options + [
      OptionSpecification(
        "gamma", .number(1...1e6), default: "1.01", "largest growth of the residual's norm in a step"),
      OptionSpecification(
        "granularity", .choice(["column", "matrix"]), default: "column",
        "one scaling factor for each row or column, or for the matrix"),
      OptionSpecification(
        "limiter", .choice(Limiter.allCases.map(\.rawValue)), default: "norm-growth", "what holds the residual"),
    ]

  /// - Parameter alpha: scale of the low-rank update; `nil`: there is none, only scaling.
  init(_ options: OptimizerOptions, alpha: Double?) {
    adam = Adam(options, form: .epsilonFirst, decayPlace: .after)
    projection = LowRankProjection(options)
    self.alpha = Float(alpha ?? 0)
    scalesOnly = alpha == nil
    gamma = options.number("gamma")
    isByMatrix = options.text("granularity") == "matrix"
    limiter = Limiter(rawValue: options.text("limiter")) ?? .normGrowth
  }

  func projects(_ parameter: ParameterShape) -> Bool { projection.applies(to: parameter) }

  func notes(for parameters: [ParameterShape]) -> [String] { projection.notes(for: parameters) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { projection.stateLayout(of: adam, for: parameter) }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    guard projects(update.parameter.layout) else { return try adam.step(update) }
    let (context, gradient, state) = (update.context, update.gradient, update.state)
    let hasBasis = try projection.refresh(update)
    let pass = projection.pass(update)
    var step = adam.coefficients(context, decay: update.decay)
    guard hasBasis else {
      guard pass.apply(step, direction: nil, to: update.weight) else { throw update.diverged("the new weight") }
      return
    }
    let (scale, squares) = (context.gradientScale, Tensor(uninitialized: [pass.vectors]))
    let projected = Tensor(uninitialized: state.require("m").shape)
    let direction = Tensor(uninitialized: projected.shape)
    pass.project(gradient, scale: scale, into: projected, squares: squares)
    guard ElementWise.sumOfSquares(squares).isFinite else { throw update.diverged("the gradient") }
    step.gradient_scale = 1
    adam.direction(projected, into: direction, state: state, step)
    if !context.observers.isEmpty {
      let clipped = gradient.copy()
      ElementWise.scale(clipped, by: scale)
      let seen = ProjectedGradient(
        parameter: update.parameter, step: context.step, gradient: clipped, projected: projected, direction: direction,
        pass: pass, adam: adam, coefficients: step)
      for observer in context.observers { observer.didProject(seen) }
    }
    let factors = factors(pass, projected: projected, direction: direction)
    let norm = norm(pass, gradient, scale: scale, projected: projected, squares: squares, factors: factors)
    let limited = Float(limit(norm, state: state))
    ElementWise.scale(factors, by: limited)
    // alpha back(N) + c φ (G − alpha back(R)) = alpha back(N − c φ R) + c φ G: one product, one reading of G.
    if !scalesOnly { pass.subtract(projected, factors: factors, from: direction, alpha: alpha) }
    ElementWise.scale(factors, by: scale)
    guard
      pass.apply(
        step, direction: scalesOnly ? nil : direction, plus: (gradient: gradient, along: factors, across: nil),
        to: update.weight)
    else { throw update.diverged("the new weight") }
  }

  /// φ = ‖N‖ / (‖R‖ + 1e-8) of each row or column, or of the matrix.
  private func factors(_ pass: ProjectedPass, projected: Tensor, direction: Tensor) -> Tensor {
    let factors = pass.squares(of: direction)
    if isByMatrix {
      let ratio =
        ElementWise.sumOfSquares(direction).squareRoot() / (ElementWise.sumOfSquares(projected).squareRoot() + 1e-8)
      factors.fill(Float(ratio))
    } else {
      let norms = pass.squares(of: projected)
      for index in 0..<factors.count {
        factors.pointer[index] = factors.pointer[index].squareRoot() / (norms.pointer[index].squareRoot() + 1e-8)
      }
    }
    return factors
  }

  /// ‖φ ⊙ (G − alpha·back(R))‖, or ‖φ ⊙ G‖ for scaling only.
  ///
  /// The basis is orthonormal, so ‖G − alpha·back(R)‖² = ‖G‖² − alpha (2 − alpha) ‖R‖². Where this cancels too much for
  /// Float, the difference is formed.
  private func norm(
    _ pass: ProjectedPass, _ gradient: Tensor, scale: Float, projected: Tensor, squares: Tensor, factors: Tensor
  ) -> Double {
    let inSubspace = pass.squares(of: projected)
    let share = scalesOnly ? 0 : Double(alpha) * (2 - Double(alpha))
    var (whole, rest) = (0.0, 0.0)
    for index in 0..<factors.count {
      let factor = Double(factors.pointer[index]) * Double(factors.pointer[index])
      whole += factor * Double(squares.pointer[index])
      rest += factor * (Double(squares.pointer[index]) - share * Double(inSubspace.pointer[index]))
    }
    guard rest >= 0.05 * whole else {
      return pass.residualSquare(gradient, scale: scale, projected: projected, alpha: alpha, factors: factors)
        .squareRoot()
    }
    return rest.squareRoot()
  }

  /// The limiter's factor for a residual of norm `norm`. The norm after limiting is stored for the next step; a stored
  /// 0 counts as no history.
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
