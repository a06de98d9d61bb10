import Tensors

/// Flora (Hao et al., 2024), as BorealisAI/flora-opt's PyTorch file: Adafactor whose momentum is compressed by a random
/// projection, drawn anew every kappa steps; only the seed of the projection is stored.
///
/// The optax version brings the momentum over with the old projection; this one does not. Gradient accumulation stays
/// uncompressed.
final class Flora: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "flora", summary: "Adafactor with randomly projected momentum", source: "flora-opt, PyTorch file",
    options: [
      .beta("beta1", "0.9", "average of the update; 0: none, nothing is compressed"),
      OptionSpecification("rank", .integer(1...(1 << 30)), default: "8", "rank of the projection"),
      OptionSpecification("kappa", .integer(1...(1 << 40)), default: "1000", "steps between projections"),
    ] + AdafactorStep.options(scaleParameter: true), learningRate: 1e-3)

  private let flora: FloraStep

  init(_ options: OptimizerOptions) {
    let adafactor = AdafactorStep(
      options, beta1: options.number("beta1"), clipThreshold: 1, usesRelativeStep: false)
    flora = FloraStep(
      adafactor: adafactor,
      projection: RandomProjection(rank: options.integer("rank"), kappa: options.integer("kappa")))
  }

  func notes(for parameters: [Parameter]) -> [String] {
    let rank = flora.projection.rank
    let narrow = parameters.count { $0.role.isProjected && $0.shape.count == 2 && ($0.shape.min() ?? 0) < rank }
    guard narrow > 0 else { return [] }
    return ["rank \(rank) is above the smaller side of \(narrow) matrices: their momentum is kept whole"]
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { flora.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try flora.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}
