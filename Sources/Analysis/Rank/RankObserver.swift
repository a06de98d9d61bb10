import Optimizers
import Tensors

/// Gathers the ranks that Adapprox chooses, and the errors that they leave.
package final class RankObserver: OptimizerObserver {
  struct Matrix {
    let name: String
    let shape: [Int]
    let largestRank: Int
    let threshold: Double?
    var steps: [Int] = []
    var ranks: [Int] = []
    var errors: [Double] = []

    var kind: String { MatrixKind.name(of: name) }
    /// Bytes of Q and U at a rank.
    func bytes(_ rank: Int) -> Int { ElementType.float32.size * rank * shape.reduce(0, +) }
    var denseBytes: Int { ElementType.float32.size * shape.reduce(1, *) }
  }

  private(set) var matrices: [Matrix] = []
  private var index: [String: Int] = [:]

  package init() {}

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
