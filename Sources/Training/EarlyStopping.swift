/// Ends a run whose score has stopped getting better, as `EarlyStoppingCallback` of transformers does with its default
/// threshold of 0: a score that equals the best one is no improvement.
package struct EarlyStopping: Sendable {
  /// The number of evaluations in a row without improvement after which a run ends.
  package let patience: Int
  /// Evaluations in a row without improvement so far.
  package private(set) var withoutImprovement: Int

  package init(patience: Int, withoutImprovement: Int = 0) {
    (self.patience, self.withoutImprovement) = (patience, withoutImprovement)
  }

  /// Takes the result of the next evaluation.
  ///
  /// - Parameter isBetter: whether it is better than all before it; true for the first.
  /// - Returns: whether the run is to end.
  package mutating func shouldStop(isBetter: Bool) -> Bool {
    withoutImprovement = isBetter ? 0 : withoutImprovement + 1
    return withoutImprovement >= patience
  }
}
