import CKernels
import Tensors

extension OptimizerSpecification {
  static let adapprox = OptimizerSpecification(
    name: "adapprox", summary: "Adam with a randomized low-rank second moment", source: "the paper, no code",
    options: [
      .beta("beta1", "0.9", "average of the update; 0 stores none"),
      .beta("beta2", "0.999", "average of the gradient's square"), .eps("1e-8"),
      OptionSpecification("clip-threshold", .number(1e-9...1e9), default: "1.0", "largest RMS of an update"),
    ] + RankRule.options + [
      OptionSpecification(
        "start", .choice(["warm", "cold"]), default: "warm",
        "warm: the sketch starts from the last U; cold: from random columns, as the paper"),
      OptionSpecification("iterations", .integer(1...1000), default: "5", "subspace iterations from a cold start"),
      OptionSpecification("warm-iterations", .integer(1...1000), default: "1", "subspace iterations from a warm start"),
      OptionSpecification("oversampling", .integer(0...10_000), default: "5", "columns drawn beyond the rank"),
      OptionSpecification(
        "truncate", .choice(SubspaceIteration.Truncation.allCases.map(\.rawValue)), default: "rotate",
        "rotate: keep the best columns of the oversampled basis; columns: the first, as the paper"),
      OptionSpecification(
        "cosine", .choice(["false", "true"]), default: "false",
        "scale the update by how well it agrees with its average (pre-training only)"),
    ], learningRate: 5e-5, conflict: RankRule.conflict
  ) { Adapprox($0) }
}

/// Adapprox (Zhao et al., "Adapprox: Adaptive Approximation in Adam Optimization via Randomized Low-Rank Matrices",
/// 2024). It is Adam with a second moment that is stored as `Q Uᵀ` of low, adaptive rank. The first moment averages the
/// clipped updates, and there is no bias correction.
///
/// No code was published. These points come from the paper and its reviews: ε is 1e-8, the second moment uses `[QUᵀ]₊`
/// (the authors' correction), and the rank grows as in ``RankRule``. The cosine θ is clamped to [−1, 1] and the factor
/// of cosine guidance to 1/(1 − β1), since M includes N and so θ = 1 at the first step.
///
/// Two options go beyond the paper. `truncate=rotate` uses the oversampled columns before they are cut off.
/// `start=warm` starts the sketch from the last U, so that one iteration per step is enough. At a fixed rank this
/// iteration and the step form V only once, see ``OnePassIteration``.
struct Adapprox: OptimizerRule {
  private let beta1: Double
  private let beta2: Double
  private let eps: Double
  private let clip: Double
  let ranks: RankRule
  let startsWarm: Bool
  let iterations: Int
  let warmIterations: Int
  let oversampling: Int
  let truncation: SubspaceIteration.Truncation
  let usesCosine: Bool

  init(_ options: OptimizerOptions) {
    (beta1, beta2, eps) = (options.number("beta1"), options.number("beta2"), options.number("eps"))
    clip = options.number("clip-threshold")
    ranks = RankRule(options)
    startsWarm = options.text("start") == "warm"
    (iterations, warmIterations) = (options.integer("iterations"), options.integer("warm-iterations"))
    oversampling = options.integer("oversampling")
    truncation = SubspaceIteration.Truncation(rawValue: options.text("truncate")) ?? .rotate
    // Cosine guidance compares the update with its average, so it needs β1 above 0.
    usesCosine = options.text("cosine") == "true" && beta1 > 0
  }

  /// The ranks that the second moment of a parameter may have; `nil` where it is dense.
  private func limits(_ shape: [Int]) -> RankRule.Limits? { shape.count == 2 ? ranks.limits(shape) : nil }

  func notes(for parameters: [ParameterShape]) -> [String] {
    guard let rank = ranks.fixed else { return [] }
    let dense = parameters.count { $0.shape.count == 2 && limits($0.shape) == nil }
    guard dense > 0 else { return [] }
    return ["rank \(rank) would take more than the second moment itself in \(dense) matrices: it is kept whole there"]
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { layout(parameter.shape, \.initial) }

  func largestStateLayout(for parameter: ParameterShape) -> [StateEntry] { layout(parameter.shape, \.maximum) }

  private func layout(_ shape: [Int], _ rank: KeyPath<RankRule.Limits, Int>) -> [StateEntry] {
    let average = beta1 > 0 ? [StateEntry("m", .firstMoment, shape)] : []
    guard let limits = limits(shape) else { return average + [StateEntry("v", .secondMoment, shape)] }
    return average + [
      StateEntry("q", .secondMoment, [limits[keyPath: rank], shape[0]]),
      StateEntry("u", .secondMoment, [limits[keyPath: rank], shape[1]]),
    ]
  }

  func makeState(for parameter: Parameter) -> ParameterState {
    let state = ParameterState(stateLayout(for: parameter.layout), for: parameter)
    // A factored V may be nonzero in any row, also in one that no sparse gradient has reached.
    state.activeRows = nil
    if let limits = limits(parameter.shape) { state.resizable = (["q", "u"], limits.maximum) }
    return state
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let context = update.context
    let step = AdapproxStep(
      update,
      coefficients: ft_adapprox(
        gradient_scale: context.gradientScale, beta1: Float(beta1), one_minus_beta1: Float(1 - beta1),
        beta2: Float(beta2), one_minus_beta2: Float(1 - beta2), eps: Float(eps), clip: 1,
        step_size: Float(context.learningRate), decay: Float(1 - context.learningRate * update.decay)),
      clip: clip, cosine: usesCosine ? (limit: 1 / (1 - beta1), eps: eps) : nil)
    if let limits = limits(update.parameter.shape) {
      try FactoredAdapprox(self, update, limits, step).take()
    } else {
      try step.takeDense(update.state.require("v"))
    }
  }
}
