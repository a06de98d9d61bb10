import Models
import Testing

/// How sequences are divided into passes.
@Suite struct TokenBudgetTests {
  @Test(
    arguments: [
      ([], 10, []), ([5], 1, [0..<1]), ([5, 5, 5], 10, [0..<2, 2..<3]), ([1, 20, 1], 10, [0..<1, 1..<2, 2..<3]),
      ([3, 3, 3, 3], 100, [0..<4]),
    ] as [([Int], Int, [Range<Int>])]) func ranges(_ lengths: [Int], _ budget: Int, _ expected: [Range<Int>])
  {
    #expect(TokenBudget.ranges(lengths, budget: budget) == expected)
  }

  /// Four sequences of 3 in passes of at most 10 tokens are two and two, not three and one.
  @Test func even() {
    #expect(TokenBudget.evenRanges([3, 3, 3, 3], budget: 10) == [0..<2, 2..<4])
    #expect(TokenBudget.evenRanges([], budget: 10).isEmpty)
    #expect(TokenBudget.evenRanges([50, 1, 1], budget: 1) == [0..<1, 1..<2, 2..<3])
  }

  /// Against every way to divide: no more passes than needed in order, and no division of so few has a smaller largest.
  @Test(arguments: 1...9) func evenIsBest(_ budget: Int) {
    let lengths = [4, 1, 3, 9, 2, 2, 7, 1, 1, 5]
    let found = TokenBudget.evenRanges(lengths, budget: budget)
    #expect(found.flatMap { Array($0) } == Array(lengths.indices))
    func largest(_ ranges: [Range<Int>]) -> Int { ranges.map { lengths[$0].reduce(0, +) }.max() ?? 0 }
    var best = (Int.max, Int.max)
    for cuts in 0..<1 << (lengths.count - 1) {
      var ranges: [Range<Int>] = []
      var start = 0
      for index in 1...lengths.count where index == lengths.count || cuts >> (index - 1) & 1 == 1 {
        ranges.append(start..<index)
        start = index
      }
      let fits = ranges.allSatisfy { $0.count == 1 || lengths[$0].reduce(0, +) <= budget }
      if fits, (ranges.count, largest(ranges)) < best { best = (ranges.count, largest(ranges)) }
    }
    #expect((found.count, largest(found)) == best)
  }
}
