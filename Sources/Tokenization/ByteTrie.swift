/// A trie of byte strings with ids, which finds the strings that start at a given place of a text.
///
/// It is a double array (Aoe 1989), so that each step reads one unit: the child of a node for a byte is the unit at
/// `base + byte`, provided that this unit names the node as its parent.
struct ByteTrie: Sendable {
  fileprivate struct Unit: Sendable {
    /// `base << 1`, plus 1 when a string ends at this unit.
    var base: Int32 = 0
    var parent: Int32 = -1
  }

  private var units: [Unit]
  /// For each unit, the id of the string that ends there; -1 where none does.
  private var ids: [Int32]

  /// The node where every search starts.
  static let root: Int32 = 0
  /// The most bytes that all strings together may have; no real vocabulary has more.
  static let maximumBytes = 1 << 24

  /// An empty trie.
  init() {
    units = [Unit](repeating: Unit(), count: 257)
    ids = [Int32](repeating: -1, count: 257)
  }

  /// Builds the trie. A repeated string has its last id; empty strings are left out.
  ///
  /// The result is `nil` when the strings have more than ``maximumBytes`` in total.
  init?(_ strings: [(bytes: ArraySlice<UInt8>, id: Int32)]) {
    self.init()
    guard strings.reduce(0, { $0 + $1.bytes.count }) <= ByteTrie.maximumBytes else { return nil }
    let sorted = strings.enumerated().sorted {
      $0.element.bytes.elementsEqual($1.element.bytes)
        ? $0.offset < $1.offset : $0.element.bytes.lexicographicallyPrecedes($1.element.bytes)
    }.map(\.element)
    /// Nodes to be expanded: the sorted strings in `range` share their first `depth` bytes, which lead to `node`.
    var open: [(range: Range<Int>, depth: Int, node: Int32)] = [(0..<sorted.count, 0, ByteTrie.root)]
    var firstFree = 1
    while let (range, depth, node) = open.popLast() {
      var children: [(byte: UInt8, range: Range<Int>)] = []
      for index in range {
        let bytes = sorted[index].bytes
        guard bytes.count > depth else {
          if depth > 0 {
            units[Int(node)].base |= 1
            ids[Int(node)] = sorted[index].id
          }
          continue
        }
        let byte = bytes[bytes.startIndex + depth]
        if let last = children.last, last.byte == byte {
          children[children.count - 1].range = last.range.lowerBound..<index + 1
        } else {
          children.append((byte, index..<index + 1))
        }
      }
      guard !children.isEmpty else { continue }
      let base = place(children.map(\.byte), &firstFree)
      units[Int(node)].base |= Int32(base << 1)
      for child in children { units[base + Int(child.byte)].parent = node }
      for child in children { open.append((child.range, depth + 1, Int32(base + Int(child.byte)))) }
    }
  }

  /// The first base at which the units for all the bytes are free.
  private mutating func place(_ bytes: [UInt8], _ firstFree: inout Int) -> Int {
    var at = max(firstFree, Int(bytes[0]) + 1)
    var taken = 0
    let from = at
    while true {
      if at + 512 > units.count {
        let more = units.count
        units += [Unit](repeating: Unit(), count: more)
        ids += [Int32](repeating: -1, count: more)
      }
      if units[at].parent >= 0 {
        taken += 1
      } else if bytes.allSatisfy({ units[at - Int(bytes[0]) + Int($0)].parent < 0 }) {
        break
      }
      at += 1
    }
    // Later searches skip a stretch that is nearly full, since searching it again would cost time for few free units.
    if at - from > 16, taken * 20 >= (at - from) * 19 { firstFree = at }
    return at - Int(bytes[0])
  }

  @inline(__always)
  func child(_ node: Int32, _ byte: UInt8) -> Int32? {
    let next = Int(units[Int(node)].base >> 1) + Int(byte)
    return units[next].parent == node ? Int32(truncatingIfNeeded: next) : nil
  }

  /// The id of the string that ends at a node, or -1.
  @inline(__always)
  func id(_ node: Int32) -> Int32 { units[Int(node)].base & 1 == 0 ? -1 : ids[Int(node)] }

  /// The longest string that starts at `from` and ends at or before `to`; `nil` when none does.
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

  /// A view of the trie for hot loops, without bounds checks.
  ///
  /// None are needed, because every unit's base plus any byte is an index inside the arrays.
  struct View {
    fileprivate let units: UnsafeBufferPointer<Unit>
    fileprivate let ids: UnsafeBufferPointer<Int32>

    @inline(__always)
    func child(_ node: Int32, _ byte: UInt8) -> Int32? {
      let next = Int(units[Int(node)].base >> 1) + Int(byte)
      return units[next].parent == node ? Int32(truncatingIfNeeded: next) : nil
    }

    /// The id of the string that ends at a node, or -1.
    @inline(__always)
    func id(_ node: Int32) -> Int32 { units[Int(node)].base & 1 == 0 ? -1 : ids[Int(node)] }
  }

  @inline(__always)
  func withView<Result>(_ body: (View) -> Result) -> Result {
    units.withUnsafeBufferPointer { units in
      ids.withUnsafeBufferPointer { ids in body(View(units: units, ids: ids)) }
    }
  }
}
