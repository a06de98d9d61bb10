/// The merges of a BPE model: which pair of ids becomes which id, and how early.
struct MergeTable: Sendable {
  struct Merge: Sendable {
    /// Smaller ranks are merged first.
    var rank: UInt32
    var id: Int32
  }

  /// `left << 32 | right` of each pair, `empty` for a free slot; open addressing over a power of two.
  private var keys: [UInt64]
  private var merges: [Merge]
  private let mask: Int
  private static let empty = UInt64.max

  /// - Parameter pairs: in order of rank; of a repeated pair the last counts.
  init(_ pairs: [(left: Int32, right: Int32, id: Int32)]) {
    var capacity = 16
    while capacity < pairs.count * 2 { capacity *= 2 }
    keys = [UInt64](repeating: MergeTable.empty, count: capacity)
    merges = [Merge](repeating: Merge(rank: 0, id: 0), count: capacity)
    mask = capacity - 1
    for (rank, pair) in pairs.enumerated() {
      let key = MergeTable.key(pair.left, pair.right)
      var at = slot(key)
      while keys[at] != MergeTable.empty, keys[at] != key { at = (at + 1) & mask }
      keys[at] = key
      merges[at] = Merge(rank: UInt32(rank), id: pair.id)
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
    let key = MergeTable.key(left, right)
    var at = slot(key)
    while true {
      let found = keys[at]
      if found == key { return merges[at] }
      if found == MergeTable.empty { return nil }
      at = (at + 1) & mask
    }
  }
}
