import Tensors

/// Receives intermediate results of a step, for analyses. A rule computes nothing for observers when there are none.
package protocol OptimizerObserver: AnyObject {
  /// Called before the rule steps a parameter, since the rule may overwrite the gradient.
  ///
  /// - Parameter scale: the clipping factor; `gradient` has not been multiplied by it yet.
  func willUpdate(_ parameter: Parameter, gradient: Tensor, scale: Float, step: Int)

  /// Called after a rule has projected a gradient and computed its direction. The tensors are valid only during the
  /// call.
  func didProject(_ projection: ProjectedGradient)

  /// Called after a rule has factored the second moment of a matrix.
  func didFactor(_ factorization: FactoredMatrix)
}

extension OptimizerObserver {
  package func willUpdate(_ parameter: Parameter, gradient: Tensor, scale: Float, step: Int) {}
  package func didProject(_ projection: ProjectedGradient) {}
  package func didFactor(_ factorization: FactoredMatrix) {}
}

/// One factorization of a matrix's second moment by Adapprox, with the rank that Adapprox chose.
package struct FactoredMatrix {
  package let parameter: Parameter
  package let step: Int
  /// The number of columns of each factor that this step stores.
  package let rank: Int
  /// The highest rank that the rule may choose for this matrix.
  package let largestRank: Int
  /// ξ = ‖V − QUᵀ‖ / ‖V‖, computed from the difference V − QUᵀ. The rule itself may choose the rank by a cheaper
  /// formula, ``LowRankFactors/errorRatio(squaredNorm:)``.
  package let errorRatio: Double
  /// The threshold with which the rule compares ξ; `nil` for a fixed rank.
  package let threshold: Double?
}
