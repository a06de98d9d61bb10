import Foundation
import Tensors
import Testing

/// What is counted and drawn beside the operations, by plain arithmetic.
@Suite struct BookkeepingTests {
  /// A page that several rows share counts once, and a row over a boundary counts both pages.
  @Test func committedPages() {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let row = page / 4
    #expect(CommittedPages.bytes(rows: [], rowBytes: row) == 0)
    #expect(CommittedPages.bytes(rows: [0, 1, 3], rowBytes: row) == page)
    #expect(CommittedPages.bytes(rows: [3, 4], rowBytes: row) == 2 * page)
    // Rows of one page and a half: the first lies on pages 0 and 1, the second on 1 and 2, the fourth on 4 and 5.
    #expect(CommittedPages.bytes(rows: [0, 1], rowBytes: 6 * row) == 3 * page)
    #expect(CommittedPages.bytes(rows: [0, 1, 3], rowBytes: 6 * row) == 5 * page)
  }

  /// A sparse gradient's norm has every row that was touched, in whatever order, and what was added twice.
  @Test func normOfSparseRows() {
    let parameter = Parameter(name: "t", role: .embedding, value: Tensor(zeros: [5, 2]))
    #expect(parameter.gradientSumOfSquares == 0)
    for (rows, factor) in [([3, 0], Float(1)), ([0, 4], 2)] as [([Int32], Float)] {
      let gradient = parameter.rowGradient(adding: rows)
      for row in rows {
        gradient.pointer[Int(row) * 2] += factor
        gradient.pointer[Int(row) * 2 + 1] += 2 * factor
      }
    }
    // Row 3: 1, 2. Row 0: 1 + 2, 2 + 4. Row 4: 2, 4.
    #expect(parameter.gradientSumOfSquares == 5 + 45 + 20)
    parameter.clearGradient()
    #expect(parameter.gradientSumOfSquares == 0)
  }

  /// Every order of three is as likely as any other, those with an element in its place too: 6,000 draws give each 1,000
  /// times, with a standard deviation of 29.
  @Test func permutationsAreFair() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<6_000 { counts[RandomGenerator(seed: UInt64(seed)).permutation(3), default: 0] += 1 }
    #expect(counts.count == 6)
    for (order, count) in counts { #expect(abs(count - 1_000) < 150, "\(order): \(count)") }
  }
}
