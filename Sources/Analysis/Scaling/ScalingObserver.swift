import Optimizers
import Support
import Tensors

/// Gathers Fira's scaling factors of projected, residual and full gradients along a run.
///
/// All three come from the run's own gradients, and each of them has Adam moments of its own.
package final class ScalingObserver: OptimizerObserver {
  /// The factors of one matrix.
  final class Matrix {
    let name: String
    let shape: [Int]
    let rank: Int
    /// How many row or column factors there are: rows if projected on the right, columns if projected on the left.
    let vectors: Int
    fileprivate let moments: [GradientPart: AdamMoments]
    /// The factors of the whole matrix in the current step.
    fileprivate(set) var whole: [GradientPart: Double] = [:]
    /// The factors of the rows or columns in the current step.
    fileprivate(set) var columns: [GradientPart: [Double]] = [:]
    /// The sums of ``whole`` over the steps that are not skipped.
    fileprivate(set) var wholeSums: [GradientPart: Double] = [:]
    /// The sums of ``columns`` over the same steps.
    fileprivate(set) var columnSums: [GradientPart: [Double]] = [:]
    /// How many steps the sums cover.
    fileprivate(set) var count = 0

    fileprivate init(_ seen: ProjectedGradient) {
      (name, shape, vectors) = (seen.parameter.name, seen.gradient.shape, seen.vectors)
      rank = seen.projected.count / max(1, seen.vectors)
      moments = [.full: AdamMoments(shape), .residual: AdamMoments(shape)]
    }

    /// Adds the current step's factors to the sums.
    fileprivate func addToSums() {
      count += 1
      for part in GradientPart.allCases {
        wholeSums[part, default: 0] += whole[part] ?? 0
        let new = columns[part] ?? []
        let old = columnSums[part] ?? [Double](repeating: 0, count: new.count)
        columnSums[part] = zip(old, new).map { $0 + $1 }
      }
    }
  }

  /// The agreements in one step, over all matrices: of the factors of whole matrices, and of those of rows or columns.
  struct Step {
    let step: Int
    /// One for each of ``GradientPart/pairs``.
    let matrices: [Agreement]
    /// One for each of ``GradientPart/pairs``.
    let columns: [Agreement]
  }

  private(set) var matrices: [Matrix] = []
  private(set) var steps: [Step] = []
  /// How many of the run's first steps are left out of the averages.
  package let skipped: Int
  private var byName: [String: Matrix] = [:]
  private var current = 0

  /// - Parameter skipped: how many of the run's first steps to leave out of the averages.
  package init(skipping skipped: Int = 0) { self.skipped = skipped }

  /// Records the factors of one projected gradient, and finishes the step before when a new one begins.
  package func didProject(_ seen: ProjectedGradient) {
    if seen.step != current { finishStep() }
    current = seen.step
    let matrix = byName[seen.parameter.name] ?? Matrix(seen)
    if byName.updateValue(matrix, forKey: matrix.name) == nil { matrices.append(matrix) }
    record(.projected, seen.projected, seen.direction, seen, matrix)
    for (part, gradient) in [(GradientPart.full, seen.gradient), (.residual, seen.residual())] {
      guard let moments = matrix.moments[part] else { continue }
      record(part, gradient, seen.direction(of: gradient, moments), seen, matrix)
    }
  }

  private func record(
    _ part: GradientPart, _ gradient: Tensor, _ direction: Tensor, _ seen: ProjectedGradient, _ matrix: Matrix
  ) {
    let (ours, theirs) = (seen.squares(of: direction), seen.squares(of: gradient))
    // As in Fira, 1e-8 avoids a division by zero for a zero gradient.
    matrix.columns[part] = zip(ours, theirs).map { $0.squareRoot() / ($1.squareRoot() + 1e-8) }
    matrix.whole[part] = ours.reduce(0, +).squareRoot() / (theirs.reduce(0, +).squareRoot() + 1e-8)
  }

  /// Compares the factors of the current step. The next step's first gradient calls this, and ``ScalingReport`` calls
  /// it for the last step.
  package func finishStep() {
    guard current > 0, current != steps.last?.step else { return }
    let (whole, columns) = (all { [$0.whole[$1] ?? 0] }, all { $0.columns[$1] ?? [] })
    steps.append(
      Step(step: current, matrices: ScalingObserver.agreements(whole), columns: ScalingObserver.agreements(columns)))
    if current > skipped { for matrix in matrices { matrix.addToSums() } }
  }

  private func all(_ values: (Matrix, GradientPart) -> [Double]) -> [GradientPart: [Double]] {
    Dictionary(
      uniqueKeysWithValues: GradientPart.allCases.map { part in (part, matrices.flatMap { values($0, part) }) })
  }

  /// The factors of whole matrices averaged over the steps that are not skipped, one for each matrix in order.
  var averageWhole: [GradientPart: [Double]] {
    all { [($0.wholeSums[$1] ?? 0) / Double(max(1, $0.count))] }
  }

  /// The same averages of the factors of rows or columns, matrix after matrix.
  var averageColumns: [GradientPart: [Double]] { all(ScalingObserver.averageColumns) }

  static func averageColumns(_ matrix: Matrix, _ part: GradientPart) -> [Double] {
    (matrix.columnSums[part] ?? []).map { $0 / Double(max(1, matrix.count)) }
  }

  /// One agreement for each of ``GradientPart/pairs``. Each list is in two pairs, so its ranks are computed once for
  /// both.
  static func agreements(_ values: [GradientPart: [Double]]) -> [Agreement] {
    let ranks = values.mapValues(Correlation.ranks)
    return GradientPart.pairs.map { left, right in
      Agreement(
        values[left] ?? [], values[right] ?? [], ranks: (left: ranks[left] ?? [], right: ranks[right] ?? []))
    }
  }
}
