import Tensors

extension OptimizerSpecification {
  /// As galore-torch 1.0 GaLoreAdamW: Adam whose moments live in the gradient's leading subspace.
  static let galore = OptimizerSpecification(
    name: "galore", summary: "Adam on the gradient projected to a low rank", source: "galore-torch 1.0",
    options: Adam.projectedOptions + GaLore<Adam>.options, learningRate: 3e-4
  ) { GaLore(Adam($0, form: .epsilonFirst, decayPlace: .after), $0) }

  /// As galore-torch 1.0 GaLoreAdafactor: Adafactor runs on the projected gradient, then its update is projected back
  /// and scaled. Weight decay uses the effective rate. `scale-parameter` and `relative-step` are off by default; in the
  /// reference they are on.
  static let galoreAdafactor = OptimizerSpecification(
    name: "galore-adafactor", summary: "Adafactor on the gradient projected to a low rank", source: "galore-torch 1.0",
    options: Adafactor.options + GaLore<Adafactor>.options, learningRate: 3e-4
  ) { GaLore(Adafactor($0), $0) }

  /// As galore-torch 1.0 GaLoreAdamW8bit: a projected gradient of fewer than 4,096 elements keeps moments of 32 bits.
  /// Projected matrices decay after the update, all others before it.
  static let galoreAdam8bit = OptimizerSpecification(
    name: "galore-adam8bit", summary: "adam8bit on the gradient projected to a low rank", source: "galore-torch 1.0",
    options: Adam8bit.options + GaLore<Adam8bit>.options, learningRate: 3e-4
  ) { GaLore(Adam8bit($0), $0) }
}

/// GaLore (Zhao et al., 2024) around any rule. The gradient is projected, the rule runs on the projection, and its
/// update is projected back. Parameters that are not projected follow the rule itself.
///
/// A zero gradient keeps the old basis, where the reference takes unit vectors.
struct GaLore<Base: SubspaceRule>: OptimizerRule {
  private let base: Base
  private let projection: LowRankProjection
  /// The factor of the update that is brought back from the subspace.
  private let scale: Double

  static var options: [OptionSpecification] {
    [
      LowRankProjection.rankOption(default: "128"),
      OptionSpecification("scale", .number(0...1e6), default: "0.25", "multiplies the update that comes back"),
    ] + LowRankProjection.options
  }

  init(_ base: Base, _ options: OptimizerOptions) {
    self.base = base
    projection = LowRankProjection(options)
    scale = options.number("scale")
  }

  func projects(_ parameter: ParameterShape) -> Bool { projection.applies(to: parameter) }

  func ownLearningRate(step: Int) -> Double? { base.ownLearningRate(step: step) }

  func notes(for parameters: [ParameterShape]) -> [String] {
    base.notes(for: parameters) + projection.notes(for: parameters)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    projection.stateLayout(of: base, for: parameter)
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    guard projects(update.parameter.layout) else { return try base.step(update) }
    let hasBasis = try projection.refresh(update)
    let pass = projection.pass(update)
    // Without a basis the gradient has always been zero: only the decay is left.
    let projected = Tensor(zeros: projection.projectedShape(update.parameter.shape))
    if hasBasis { pass.project(update.gradient, scale: 1, into: projected, squares: nil) }
    guard var step = base.direction(over: projected, update) else { throw update.diverged("the gradient") }
    step.step_size *= Float(scale)
    guard pass.apply(step, direction: hasBasis ? projected : nil, to: update.weight) else {
      throw update.diverged("the new weight")
    }
  }
}
