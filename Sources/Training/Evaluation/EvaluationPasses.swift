import Models

/// The forward passes of an evaluation that decide how much memory it needs.
enum EvaluationPasses {
  /// The pass with the most tokens and the pass with the most attention pairs; one batch if they have equal lengths.
  ///
  /// - Parameter lengths: number of tokens in each example.
  static func largest(_ lengths: [Int]) -> [PackedBatch] {
    let passes = TokenBudget.ranges(lengths).map { Array(lengths[$0]) }
    let longest = passes.max { $0.reduce(0, +) < $1.reduce(0, +) } ?? []
    let widest = passes.max { $0.reduce(0) { $0 + $1 * $1 } < $1.reduce(0) { $0 + $1 * $1 } } ?? []
    return (longest == widest ? [longest] : [longest, widest]).filter { !$0.isEmpty }.map { PackedBatch(lengths: $0) }
  }
}
