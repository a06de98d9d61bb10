import Tensors

/// Flora's compression of a matrix: products with a Gaussian A of entries N(0, 1)/√rank, drawn anew every `kappa` steps
/// and never stored, since it follows from the seed.
struct RandomProjection {
  let rank: Int
  let kappa: Int

  /// Matrices of at least `rank` on both sides and not too long (so no embeddings), whatever their role.
  func applies(to shape: [Int]) -> Bool { isMatrix(shape) && shape.allSatisfy { $0 >= rank } }

  /// Whether the rank alone keeps a matrix from being compressed.
  func isTooNarrow(_ shape: [Int]) -> Bool { isMatrix(shape) && shape.contains { $0 < rank } }

  private func isMatrix(_ shape: [Int]) -> Bool {
    guard shape.count == 2, let short = shape.min(), let long = shape.max() else { return false }
    return short > 0 && long <= 4 * short
  }

  func compressedShape(_ shape: [Int]) -> [Int] { ProjectionSide.standard(shape).projectedShape(shape, rank: rank) }

  /// Whether this step ends with a new A.
  func drawsAnew(_ step: Int) -> Bool { step % kappa == 0 }

  /// A as it is when step `context.step` begins, or as the step leaves it; its vectors are rows.
  func basis(of parameter: Parameter, afterStep: Bool = false, _ context: StepContext) -> Tensor {
    let draw = (afterStep ? context.step : context.step - 1) / kappa
    let shape = ProjectionSide.standard(parameter.shape).basisShape(parameter.shape, rank: rank)
    return context.gaussian(shape, "A", parameter, draw, standardDeviation: 1 / Double(rank).squareRoot())
  }
}
