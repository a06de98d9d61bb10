import Models

/// How an evaluation cuts its examples into forward passes.
enum EvaluationPasses {
  /// Tokens of one forward pass. Sequences are never cut, and no score depends on this number.
  static let tokenBudget = 2_048

  /// - Parameter lengths: tokens of each example.
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

  /// The passes with the most tokens, and the most pairs of tokens in attention.
  static func largest(_ lengths: [Int]) -> [PackedBatch] {
    let passes = ranges(lengths).map { Array(lengths[$0]) }
    let longest = passes.max { $0.reduce(0, +) < $1.reduce(0, +) } ?? []
    let widest = passes.max { $0.reduce(0) { $0 + $1 * $1 } < $1.reduce(0) { $0 + $1 * $1 } } ?? []
    return (longest == widest ? [longest] : [longest, widest]).filter { !$0.isEmpty }.map { PackedBatch(lengths: $0) }
  }
}
