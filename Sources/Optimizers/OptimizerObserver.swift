import Tensors

/// Hears inside a step what rules otherwise keep to themselves: for analyses. Without one, nothing is computed for it.
package protocol OptimizerObserver: AnyObject {
  /// Before a parameter's rule, which may overwrite the gradient.
  ///
  /// - Parameter scale: the clipping factor, still to be applied to `gradient`.
  func willUpdate(_ parameter: Parameter, gradient: Tensor, scale: Float, step: Int)

  /// Once a rule has projected a gradient and found its direction; the tensors hold until this returns.
  func didProject(_ projection: ProjectedGradient)

  /// Once a rule has factored the second moment of a matrix.
  func didFactor(_ factorization: FactoredMatrix)
}

extension OptimizerObserver {
  package func willUpdate(_ parameter: Parameter, gradient: Tensor, scale: Float, step: Int) {}
  package func didProject(_ projection: ProjectedGradient) {}
  package func didFactor(_ factorization: FactoredMatrix) {}
}

/// One choice of rank by Adapprox.
package struct FactoredMatrix {
  package let parameter: Parameter
  package let step: Int
  /// Columns of the factors that this step stores.
  package let rank: Int
  /// The most that the rule may give this matrix.
  package let largestRank: Int
  /// ξ = ‖V − QUᵀ‖ / ‖V‖ from the difference itself, not by the short form that the rule may decide by.
  package let errorRatio: Double
  /// What the rule compares ξ with; `nil` for a fixed rank.
  package let threshold: Double?
}
