import Optimizers
import Tensors

/// Gathers the ranks that Adapprox chooses, and the error ratio at each of them.
package final class RankObserver: OptimizerObserver {
  struct Matrix {
    let name: String
    let shape: [Int]
    /// The largest rank that Adapprox may choose for this matrix.
    let largestRank: Int
    /// The error ratio that Adapprox compares with; `nil` for a fixed rank.
    let threshold: Double?
    /// The steps that factored this matrix; ``ranks`` and ``errors`` have one entry for each.
    var steps: [Int] = []
    var ranks: [Int] = []
    var errors: [Double] = []

    var kind: String { MatrixKind.name(of: name) }
    /// The bytes of the factors Q and U at a rank.
    func bytes(_ rank: Int) -> Int { ElementType.float32.size * rank * shape.reduce(0, +) }
    var denseBytes: Int { ElementType.float32.size * shape.reduce(1, *) }
  }

  private(set) var matrices: [Matrix] = []
  private var index: [String: Int] = [:]

  package init() {}

  /// Records the rank and the error ratio of one factored second moment.
  package func didFactor(_ seen: FactoredMatrix) {
    let name = seen.parameter.name
    let at = index[name] ?? matrices.count
    if index.updateValue(at, forKey: name) == nil {
      matrices.append(
        Matrix(
          name: name, shape: seen.parameter.shape, largestRank: seen.largestRank, threshold: seen.threshold))
    }
    matrices[at].steps.append(seen.step)
    matrices[at].ranks.append(seen.rank)
    matrices[at].errors.append(seen.errorRatio)
  }
}
