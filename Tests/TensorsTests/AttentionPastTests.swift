import Support
import Tensors
import TestSupport
import Testing

/// Attention to tokens that are shared or cached, against plain attention on whole sequences.
@Suite(.serialized) struct AttentionPastTests {
  private static let shape = AttentionShape(heads: 6, keyValueHeads: 2, headSize: 4, isCausal: true)
  private static let widths = (query: 24, key: 8)

  private func random(_ rows: Int, _ width: Int, _ seed: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: [rows, width])
    RandomGenerator(seed: seed).stream("attention").fillNormal(tensor, standardDeviation: 1)
    return tensor
  }

  private func rows(_ tensor: Tensor, _ indices: [Int]) -> Tensor {
    let width = tensor.columns
    return Tensor(indices.flatMap { tensor.values[$0 * width..<($0 + 1) * width] }, shape: [indices.count, width])
  }

  private func attend(
    _ all: (query: Tensor, key: Tensor, value: Tensor), _ indices: [Int], offsets: [Int], past: AttentionPast? = nil
  ) -> [Float] {
    let tape = Tape(isTraining: false)
    return tape.attention(
      query: tape.constant(rows(all.query, indices)), key: tape.constant(rows(all.key, indices)),
      value: tape.constant(rows(all.value, indices)), offsets: offsets, shape: AttentionPastTests.shape, past: past
    ).value.values
  }

  private func expectClose(_ found: ArraySlice<Float>, _ expected: ArraySlice<Float>) {
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-5) }
  }

  private var all: (query: Tensor, key: Tensor, value: Tensor) {
    let (queryWidth, keyWidth) = AttentionPastTests.widths
    return (random(12, queryWidth, 1), random(12, keyWidth, 2), random(12, keyWidth, 3))
  }

  /// Tokens 0 to 4, which 5 to 7 and 8 continue, and 8 is continued by 9 and 10; 11 stands alone.
  @Test func sharedInTheBatch() {
    ThreadPool.shared.configure(threads: 2)
    let (all, width) = (all, AttentionPastTests.widths.query)
    let found = attend(
      all, Array(0..<12), offsets: [0, 5, 8, 9, 11, 12], past: .inBatch(prefixes: [nil, 0, 0, 2, nil]))
    let first = attend(all, Array(0..<8), offsets: [0, 8])
    expectClose(found[..<(8 * width)], first[...])
    let second = attend(all, Array(0..<5) + [8, 9, 10], offsets: [0, 8])
    expectClose(found[(8 * width)..<(11 * width)], second[(5 * width)...])
    expectClose(found[(11 * width)...], attend(all, [11], offsets: [0, 1])[...])
  }

  /// The same through a cache: the shared tokens first, then token by token, with a sequence copied on the way.
  @Test func cached() {
    let (all, width) = (all, AttentionPastTests.widths.query)
    let cache = AttentionCache(
      width: AttentionPastTests.widths.key, capacities: [5, 3, 3, 0], parents: [nil, 0, 0, nil])
    cache.slots = [0]
    let shared = attend(all, Array(0..<5), offsets: [0, 5], past: .cached(cache))
    cache.slots = [2]
    let own = attend(all, [5, 6], offsets: [0, 2], past: .cached(cache))
    cache.slots = [1]
    _ = attend(all, [11], offsets: [0, 1], past: .cached(cache))
    cache.copy(from: 2, to: 1)
    #expect(cache.lengths == [5, 2, 2, 0])
    cache.slots = [1, 2]
    let last = attend(all, [7, 8], offsets: [0, 1, 2], past: .cached(cache))
    let first = attend(all, Array(0..<8), offsets: [0, 8])
    expectClose((shared + own + last.prefix(width))[...], first[...])
    let second = attend(all, Array(0..<7) + [8], offsets: [0, 8])
    expectClose(last[width...], second[(7 * width)...])
  }

  @Test func largestOfEach() {
    let logits = Tensor([1, 3, 3, 2, .nan, -1, -.infinity, 5, 5, 4, 5, 0], shape: [2, 6])
    #expect(logits.largest(3) == [[1, 2, 3], [1, 2, 4]])
    #expect(logits.largest(1) == [[1], [1]])
    #expect(logits.largest(9).map(\.count) == [5, 6])
    let normalizers = logits.logNormalizers()
    #expect(normalizers[0].logSum.isNaN && !normalizers[1].logSum.isNaN && normalizers[1].highest == 5)
  }
}
