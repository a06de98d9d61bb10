/// Applies merges to one word at a time, the lowest rank first and the leftmost among equal ranks.
///
/// Its buffers are reused for the next word.
struct WordMerger {
  /// The symbols of the word, and the byte offset in the word where each of them ends.
  private var ids: [Int32] = []
  private var ends: [Int32] = []
  /// For a short word, the merge of each symbol with its right neighbour, or `none`.
  private var found: [MergeTable.Merge] = []
  /// For a long word, the neighbours of each symbol in a linked list; -1 at the ends.
  ///
  /// A symbol that was merged into its left neighbour has -2 in `next`.
  private var previous: [Int32] = []
  private var next: [Int32] = []
  /// For a long word, a binary heap of candidates `rank << 32 | index of the left symbol`, with the smallest on top.
  private var heap: [UInt64] = []

  /// The most symbols for which scanning all pairs for every merge is faster than a heap.
  private static let scanLimit = 24
  private static let none = MergeTable.Merge(rank: .max, id: -1)

  /// Starts a new word.
  @inline(__always)
  mutating func begin() {
    ids.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// Adds the next symbol of the word, which ends at byte `end`. An id that is in no merge is never merged.
  @inline(__always)
  mutating func add(_ id: Int32, end: Int) {
    ids.append(id)
    ends.append(Int32(truncatingIfNeeded: end))
  }

  /// Extends the last symbol to byte `end`.
  ///
  /// - Precondition: a symbol was added.
  mutating func extend(to end: Int) { ends[ends.count - 1] = Int32(truncatingIfNeeded: end) }

  /// Merges the word, and calls `emit(id, start, end)` for each token.
  @inline(__always)
  mutating func finish(_ merges: MergeTable, emit: (Int32, Int, Int) -> Void) {
    if ids.count > WordMerger.scanLimit { drain(merges) } else if ids.count > 1 { scan(merges) }
    var start = 0
    for index in ids.indices {
      let end = Int(ends[index])
      emit(ids[index], start, end)
      start = end
    }
  }

  /// Merges a short word in place, and scans all its pairs for every merge.
  private mutating func scan(_ merges: MergeTable) {
    found.removeAll(keepingCapacity: true)
    for index in 0..<ids.count - 1 { found.append(merges.merge(ids[index], ids[index + 1]) ?? WordMerger.none) }
    while !found.isEmpty {
      var best = 0
      for index in 1..<found.count where found[index].rank < found[best].rank { best = index }
      guard found[best].rank != .max else { return }
      ids[best] = found[best].id
      ids.remove(at: best + 1)
      ends.remove(at: best)
      found.remove(at: best)
      if best > 0 { found[best - 1] = merges.merge(ids[best - 1], ids[best]) ?? WordMerger.none }
      if best < found.count { found[best] = merges.merge(ids[best], ids[best + 1]) ?? WordMerger.none }
    }
  }

  /// Merges a long word with a linked list and a heap, in time O(n log n).
  private mutating func drain(_ merges: MergeTable) {
    let count = ids.count
    previous = (0..<count).map { Int32($0) - 1 }
    next = (1...count).map { $0 < count ? Int32($0) : -1 }
    heap.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 { push(index, merges) }
    while let top = pop() {
      let left = Int(top & 0xFFFF_FFFF)
      let right = Int(next[left])
      // The pair may have changed since it was pushed; such an entry is skipped.
      guard right >= 0, let merge = merges.merge(ids[left], ids[right]), UInt64(merge.rank) == top >> 32 else {
        continue
      }
      ids[left] = merge.id
      ends[left] = ends[right]
      next[left] = next[right]
      next[right] = -2
      if next[left] >= 0 {
        previous[Int(next[left])] = Int32(left)
        push(left, merges)
      }
      if previous[left] >= 0 { push(Int(previous[left]), merges) }
    }
    var kept = 0
    for index in 0..<count where next[index] != -2 {
      ids[kept] = ids[index]
      ends[kept] = ends[index]
      kept += 1
    }
    ids.removeLast(count - kept)
    ends.removeLast(count - kept)
  }

  private mutating func push(_ left: Int, _ merges: MergeTable) {
    guard let merge = merges.merge(ids[left], ids[Int(next[left])]) else { return }
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
