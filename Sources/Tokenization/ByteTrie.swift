/// Byte strings and their ids, for finding the longest one that starts at a place of a text.
///
/// One step costs one hash probe, so the cost of a match does not depend on how many strings there are.
struct ByteTrie: Sendable {
  /// `node << 8 | byte` of each edge, 0 for a free slot; open addressing over a power of two.
  private var keys: [UInt32]
  private var targets: [UInt32]
  /// The id of the string that ends at a node, or -1.
  private var ids: [Int32]
  private var mask: Int
  private var edges = 0

  /// The node where every search starts; 1, so that no edge has key 0.
  static let root: UInt32 = 1
  /// Nodes fit 24 bits of a key.
  static let maximumNodes = 1 << 24

  init() {
    keys = [UInt32](repeating: 0, count: 1024)
    targets = [UInt32](repeating: 0, count: 1024)
    mask = 1023
    ids = [-1, -1]
  }

  @inline(__always)
  private func slot(_ key: UInt32) -> Int {
    Int(truncatingIfNeeded: UInt64(key) &* 0x9E37_79B9_7F4A_7C15 >> 24) & mask
  }

  @inline(__always)
  func child(_ node: UInt32, _ byte: UInt8) -> UInt32? {
    let key = node << 8 | UInt32(byte)
    var at = slot(key)
    while true {
      let found = keys[at]
      if found == key { return targets[at] }
      if found == 0 { return nil }
      at = (at + 1) & mask
    }
  }

  @inline(__always)
  func id(_ node: UInt32) -> Int32 { ids[Int(node)] }

  /// Adds a string, replacing its id when it is there; false when the trie is full.
  mutating func insert(_ bytes: ArraySlice<UInt8>, _ id: Int32) -> Bool {
    var node = ByteTrie.root
    for byte in bytes {
      if let next = child(node, byte) {
        node = next
        continue
      }
      guard ids.count < ByteTrie.maximumNodes else { return false }
      let next = UInt32(ids.count)
      ids.append(-1)
      add(node << 8 | UInt32(byte), next)
      node = next
    }
    ids[Int(node)] = id
    return true
  }

  private mutating func add(_ key: UInt32, _ target: UInt32) {
    if (edges + 1) * 2 > keys.count { grow() }
    place(key, target)
    edges += 1
  }

  private mutating func place(_ key: UInt32, _ target: UInt32) {
    var at = slot(key)
    while keys[at] != 0 { at = (at + 1) & mask }
    keys[at] = key
    targets[at] = target
  }

  private mutating func grow() {
    let old = zip(keys, targets).filter { $0.0 != 0 }
    keys = [UInt32](repeating: 0, count: keys.count * 2)
    targets = [UInt32](repeating: 0, count: targets.count * 2)
    mask = keys.count - 1
    for (key, target) in old { place(key, target) }
  }

  /// The longest string that starts at `from` and ends at or before `to`.
  @inline(__always)
  func longest(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int) -> (id: Int32, end: Int)? {
    var node = ByteTrie.root
    var best: (id: Int32, end: Int)?
    var at = from
    while at < to, let next = child(node, text[at]) {
      node = next
      at += 1
      let found = id(node)
      if found >= 0 { best = (found, at) }
    }
    return best
  }
}
