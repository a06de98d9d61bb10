import Tensors

/// Flora's compression of a matrix by a product with a Gaussian matrix A, whose entries are N(0, 1)/√rank.
///
/// A is drawn anew every `kappa` steps. It is never stored, since it follows from the seed.
struct RandomProjection {
  let rank: Int
  let kappa: Int

  /// Whether a matrix is compressed: both sides are at least `rank`, and the longer is at most 4 times the shorter. The
  /// role does not matter; the second condition leaves out embeddings with large vocabularies.
  func applies(to shape: [Int]) -> Bool { isMatrix(shape) && shape.allSatisfy { $0 >= rank } }

  /// Whether a matrix is not compressed only because a side is smaller than `rank`.
  func isTooNarrow(_ shape: [Int]) -> Bool { isMatrix(shape) && shape.contains { $0 < rank } }

  private func isMatrix(_ shape: [Int]) -> Bool {
    guard shape.count == 2, let short = shape.min(), let long = shape.max() else { return false }
    return short > 0 && long <= 4 * short
  }

  func compressedShape(_ shape: [Int]) -> [Int] { ProjectionSide.standard(shape).projectedShape(shape, rank: rank) }

  /// Whether this step ends with a new A.
  func drawsAnew(_ step: Int) -> Bool { step % kappa == 0 }

  /// A at the start of step `context.step`, or after this step. It has `rank` rows.
  func basis(of parameter: Parameter, afterStep: Bool = false, _ context: StepContext) -> Tensor {
    let draw = (afterStep ? context.step : context.step - 1) / kappa
    let shape = ProjectionSide.standard(parameter.shape).basisShape(parameter.shape, rank: rank)
    return context.gaussian(shape, "A", parameter, draw, standardDeviation: 1 / Double(rank).squareRoot())
  }
}
