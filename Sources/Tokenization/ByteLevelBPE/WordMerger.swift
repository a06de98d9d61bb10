/// Applies merges to one word, the lowest rank first and the leftmost of equals; buffers are kept between words.
struct WordMerger {
  private struct Symbol {
    var id: Int32
    /// Bytes from the start of the word; a symbol that was merged away has length 0.
    var start: Int32
    var length: Int32
    var previous: Int32
    var next: Int32
  }

  private var symbols: [Symbol] = []
  /// Candidates `rank << 32 | index of the left symbol`, a binary heap with the smallest on top.
  private var heap: [UInt64] = []

  /// Longest word for which scanning all pairs for every merge beats a heap.
  private static let scanLimit = 24

  /// Calls `emit(id, start, end)` for each token of a word.
  mutating func merge(
    _ word: UnsafeBufferPointer<UInt8>, bytes: [Int32], merges: MergeTable, emit: (Int32, Int, Int) -> Void
  ) {
    symbols.removeAll(keepingCapacity: true)
    for (index, byte) in word.enumerated() {
      symbols.append(
        Symbol(
          id: bytes[Int(byte)], start: Int32(index), length: 1, previous: Int32(index) - 1, next: Int32(index) + 1))
    }
    guard !symbols.isEmpty else { return }
    symbols[symbols.count - 1].next = -1
    if symbols.count <= WordMerger.scanLimit { scan(merges) } else { drain(merges) }
    for symbol in symbols where symbol.length > 0 {
      emit(symbol.id, Int(symbol.start), Int(symbol.start + symbol.length))
    }
  }

  /// Short words: compact the array after every merge.
  private mutating func scan(_ merges: MergeTable) {
    var count = symbols.count
    /// Rank of the merge of each symbol with its right neighbour, or the largest value.
    withUnsafeTemporaryAllocation(of: MergeTable.Merge.self, capacity: count) { found in
      let none = MergeTable.Merge(rank: .max, id: -1)
      for index in 0..<count - 1 {
        found[index] = merges.merge(symbols[index].id, symbols[index + 1].id) ?? none
      }
      while count > 1 {
        var best = 0
        for index in 1..<max(1, count - 1) where found[index].rank < found[best].rank { best = index }
        guard found[best].rank != .max else { break }
        symbols[best].id = found[best].id
        symbols[best].length += symbols[best + 1].length
        for index in best + 1..<count - 1 {
          symbols[index] = symbols[index + 1]
          found[index] = found[min(index + 1, count - 2)]
        }
        count -= 1
        if best > 0 { found[best - 1] = merges.merge(symbols[best - 1].id, symbols[best].id) ?? none }
        if best < count - 1 { found[best] = merges.merge(symbols[best].id, symbols[best + 1].id) ?? none }
      }
    }
    symbols.removeLast(symbols.count - count)
  }

  /// Long words: a linked list and a heap, so that the time is n log n.
  private mutating func drain(_ merges: MergeTable) {
    heap.removeAll(keepingCapacity: true)
    for index in 0..<symbols.count - 1 { push(index, merges) }
    while let top = pop() {
      let left = Int(top & 0xFFFF_FFFF)
      let right = Int(symbols[left].next)
      // The pair may have changed since it was pushed.
      guard symbols[left].length > 0, right >= 0,
        let merge = merges.merge(symbols[left].id, symbols[right].id), UInt64(merge.rank) == top >> 32
      else { continue }
      symbols[left].id = merge.id
      symbols[left].length += symbols[right].length
      symbols[right].length = 0
      symbols[left].next = symbols[right].next
      if symbols[left].next >= 0 {
        symbols[Int(symbols[left].next)].previous = Int32(left)
        push(left, merges)
      }
      if symbols[left].previous >= 0 { push(Int(symbols[left].previous), merges) }
    }
  }

  private mutating func push(_ left: Int, _ merges: MergeTable) {
    guard let merge = merges.merge(symbols[left].id, symbols[Int(symbols[left].next)].id) else { return }
    heap.append(UInt64(merge.rank) << 32 | UInt64(left))
    var at = heap.count - 1
    while at > 0, heap[at] < heap[(at - 1) / 2] {
      heap.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  private mutating func pop() -> UInt64? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return top }
    heap[0] = last
    var at = 0
    while true {
      var child = 2 * at + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < heap[at] else { break }
      heap.swapAt(at, child)
      at = child
    }
    return top
  }
}
