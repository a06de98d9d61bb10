/// The merges of a BPE model. Each merge maps a pair of ids to the id that replaces it and to the merge's rank.
struct MergeTable: Sendable {
  struct Merge: Sendable {
    /// The order of merging; the smallest rank is merged first.
    var rank: UInt32
    var id: Int32
  }

  private struct Slot: Sendable {
    /// `left << 32 | right`, or `empty`.
    var key: UInt64
    var merge: Merge
  }

  /// A hash table with open addressing, whose size is a power of two.
  ///
  /// Key and merge are adjacent in memory, so that a probe reads one cache line.
  private var slots: [Slot]
  private let mask: Int
  private static let empty = UInt64.max

  /// - Parameter pairs: the merges; for a repeated pair, the last one is kept.
  init(_ pairs: [(left: Int32, right: Int32, merge: Merge)]) {
    var capacity = 16
    while capacity < pairs.count * 2 { capacity *= 2 }
    slots = [Slot](repeating: Slot(key: MergeTable.empty, merge: Merge(rank: 0, id: 0)), count: capacity)
    mask = capacity - 1
    for pair in pairs {
      let key = MergeTable.key(pair.left, pair.right)
      var at = slot(key)
      while slots[at].key != MergeTable.empty, slots[at].key != key { at = (at + 1) & mask }
      slots[at] = Slot(key: key, merge: pair.merge)
    }
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: key &* 0x9E37_79B9_7F4A_7C15 >> 32) & mask
  }

  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge? {
    // Symbols with negative ids are never merged. The check is needed because the key of (-1, -1) equals `empty`.
    guard left | right >= 0 else { return nil }
    let key = MergeTable.key(left, right)
    var at = slot(key)
    while true {
      let found = slots[at]
      if found.key == key { return found.merge }
      if found.key == MergeTable.empty { return nil }
      at = (at + 1) & mask
    }
  }
}
