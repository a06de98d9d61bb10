import Models

/// Divides the examples of an evaluation into forward passes.
enum EvaluationPasses {
  /// Largest number of tokens in one forward pass. A longer sequence is not cut: it gets a pass of its own. No score
  /// depends on this number.
  static let tokenBudget = 2_048

  /// The positions of the examples of each forward pass.
  ///
  /// - Parameter lengths: number of tokens in each example.
  static func ranges(_ lengths: [Int]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    while start < lengths.count {
      var (end, tokens) = (start, 0)
      while end < lengths.count, end == start || tokens + lengths[end] <= tokenBudget {
        tokens += lengths[end]
        end += 1
      }
      ranges.append(start..<end)
      start = end
    }
    return ranges
  }

  /// The pass with the most tokens and the pass with the most attention pairs; one batch if they have equal lengths.
  static func largest(_ lengths: [Int]) -> [PackedBatch] {
    let passes = ranges(lengths).map { Array(lengths[$0]) }
    let longest = passes.max { $0.reduce(0, +) < $1.reduce(0, +) } ?? []
    let widest = passes.max { $0.reduce(0) { $0 + $1 * $1 } < $1.reduce(0) { $0 + $1 * $1 } } ?? []
    return (longest == widest ? [longest] : [longest, widest]).filter { !$0.isEmpty }.map { PackedBatch(lengths: $0) }
  }
}
