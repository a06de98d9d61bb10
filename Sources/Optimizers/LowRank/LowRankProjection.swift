import Tensors

/// Decides when and how a gradient is projected. GaLore and Fira share it, since both keep moments in a subspace.
struct LowRankProjection {
  let rank: Int
  /// The number of steps between refreshes of the basis, which happen at steps 1, 1 + gap, 1 + 2·gap, …
  let gap: Int
  let method: ProjectorMethod
  let type: String

  static let options: [OptionSpecification] = [
    OptionSpecification(
      "update-gap", .integer(1...(1 << 40)), default: "200", "steps between refreshes of the projection"),
    OptionSpecification(
      "proj-type", .choice(["std", "reverse-std", "left", "right"]), default: "std",
      "side that is projected: std shortens the longer side's partner by the weight's shape"),
    OptionSpecification(
      "projector", .choice(ProjectorMethod.allCases.map(\.rawValue)), default: "randomized",
      "how the basis is found: LAPACK's decomposition (the references'), or warm-started subspace iteration"),
  ]

  static func rankOption(default value: String) -> OptionSpecification {
    OptionSpecification("rank", .integer(1...(1 << 30)), default: value, "rank of the projection")
  }

  init(_ options: OptimizerOptions) {
    rank = options.integer("rank")
    gap = options.integer("update-gap")
    method = ProjectorMethod(rawValue: options.text("projector")) ?? .svd
    type = options.text("proj-type")
  }

  /// Whether a parameter's gradient is projected. Role and shape decide, never the name.
  func applies(to parameter: ParameterShape) -> Bool { parameter.role == .matrix && parameter.shape.count == 2 }

  func side(of shape: [Int]) -> ProjectionSide {
    switch type {
    case "left": return .left
    case "right": return .right
    case "reverse-std": return ProjectionSide.standard(shape) == .right ? .left : .right
    default: return .standard(shape)
    }
  }

  func rank(of shape: [Int]) -> Int { min(rank, min(shape[0], shape[1])) }

  /// Shape of the projected gradient: `[m, rank]` or `[rank, n]`.
  func projectedShape(_ shape: [Int]) -> [Int] { side(of: shape).projectedShape(shape, rank: rank(of: shape)) }

  /// The state of a rule: that for a projected gradient plus the basis, or the rule's own where nothing is projected.
  func stateLayout(of rule: some SubspaceRule, for parameter: ParameterShape) -> [StateEntry] {
    guard applies(to: parameter) else { return rule.stateLayout(for: parameter) }
    let shape = parameter.shape
    let basis = side(of: shape).basisShape(shape, rank: rank(of: shape))
    return rule.subspaceLayout(projectedShape(shape)) + [StateEntry("projector", .projector, basis)]
  }

  /// The products with the basis that is in the parameter's state.
  func pass(_ update: ParameterUpdate) -> ProjectedPass {
    let shape = update.parameter.shape
    return ProjectedPass(basis: update.state.require("projector"), side: side(of: shape), shape: shape)
  }

  /// Refreshes the basis when a refresh is due, or when there is no basis yet. A zero gradient changes nothing.
  ///
  /// - Returns: whether there is a basis to project on.
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)`` for a gradient that is not finite.
  func refresh(_ update: ParameterUpdate) throws(OptimizerError) -> Bool {
    let (parameter, gradient, state, context) = (update.parameter, update.gradient, update.state, update.context)
    let hasBasis = state.scalars["has_basis"] == 1
    guard !hasBasis || (context.step - 1) % gap == 0 else { return true }
    let norm = ElementWise.sumOfSquares(gradient)
    guard norm.isFinite else { throw update.diverged("the gradient") }
    guard norm > 0 else { return hasBasis }
    let basis = state.require("projector")
    if let given = context.given?("P", parameter.name, context.step) {
      basis.copyValues(from: given)
      state.scalars["has_basis"] = 1
      return true
    }
    let random = RandomGenerator(seed: context.seed).stream("projector:" + parameter.name, UInt64(context.step))
    guard
      let fresh = Projector.basis(
        of: gradient, side: side(of: parameter.shape), rank: basis.rows, method: method,
        previous: hasBasis ? basis : nil, random: random)
    else { return hasBasis }
    basis.copyValues(from: fresh)
    state.scalars["has_basis"] = 1
    return true
  }

  func notes(for parameters: [ParameterShape]) -> [String] {
    let projected = parameters.filter(applies)
    let clamped = projected.filter { rank > min($0.shape[0], $0.shape[1]) }
    guard !clamped.isEmpty else { return [] }
    return ["rank \(rank) is above the smaller side of \(clamped.count) matrices, and clamped to it there"]
  }
}
