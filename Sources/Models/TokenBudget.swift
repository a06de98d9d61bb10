/// Divides sequences into forward passes that need similar amounts of memory.
package enum TokenBudget {
  /// The usual number of tokens in one forward pass without gradients. On CoLA with MiniLM, passes of 2,048 took 4 % more
  /// processor time, and passes of 8,192 took 3 % less and half as much memory again.
  package static let pass = 4_096

  /// The positions of the sequences of each pass, in order. A sequence longer than the budget is not cut: it gets a
  /// pass of its own.
  ///
  /// - Parameters:
  ///   - lengths: the number of tokens in each sequence.
  ///   - budget: the most tokens in a pass.
  ///   - count: the most sequences in a pass.
  package static func ranges(_ lengths: [Int], budget: Int = pass, count: Int = .max) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    while start < lengths.count {
      var (end, tokens) = (start, 0)
      while end < lengths.count, end == start || (tokens + lengths[end] <= budget && end - start < count) {
        tokens += lengths[end]
        end += 1
      }
      ranges.append(start..<end)
      start = end
    }
    return ranges
  }

  /// As few ranges as ``ranges(_:budget:count:)`` gives, and the largest of them as small as it can be. A small last
  /// pass after large ones would cost memory and win nothing.
  package static func evenRanges(_ lengths: [Int], budget: Int) -> [Range<Int>] {
    let count = ranges(lengths, budget: budget).count
    var (least, most) = (1, max(1, min(budget, lengths.reduce(0, +))))
    while least < most {
      let middle = least + (most - least) / 2
      if ranges(lengths, budget: middle).count <= count { most = middle } else { least = middle + 1 }
    }
    return ranges(lengths, budget: most)
  }
}
