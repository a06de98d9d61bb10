import Memory
import Models

/// The forward passes of an evaluation that decide how much memory it needs.
enum EvaluationPasses {
  /// The pass with the most tokens and the pass with the most attention pairs; one batch if they have equal lengths.
  ///
  /// - Parameters:
  ///   - lengths: number of tokens in each sequence of each example.
  ///   - predicted: number of tokens that a language model predicts in each sequence; `nil` where it predicts all, or
  ///     the head is another.
  ///   - tokenBudget: the most tokens in a pass.
  static func largest(_ lengths: [[Int]], predicted: [[Int]]? = nil, tokenBudget: Int) -> [PackedBatch] {
    let passes = TokenBudget.ranges(lengths.map { $0.reduce(0, +) }, budget: tokenBudget).map { range in
      (lengths: lengths[range].flatMap { $0 }, predicted: (predicted?[range] ?? []).flatMap { $0 })
    }
    let longest = passes.max { $0.lengths.reduce(0, +) < $1.lengths.reduce(0, +) }
    let widest = passes.max { $0.lengths.reduce(0) { $0 + $1 * $1 } < $1.lengths.reduce(0) { $0 + $1 * $1 } }
    return [longest, widest?.lengths == longest?.lengths ? nil : widest].compactMap { $0 }
      .filter { !$0.lengths.isEmpty }
      .map {
        predicted == nil ? PackedBatch(lengths: $0.lengths) : PackedBatch(lengths: $0.lengths, predicted: $0.predicted)
      }
  }
}
