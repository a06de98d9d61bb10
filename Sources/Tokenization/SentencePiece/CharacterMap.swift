/// The precompiled normalisation rules of a SentencePiece model, each of which replaces a character sequence.
///
/// The format is a little-endian 32-bit size, a double-array trie (Darts-clone) of that many bytes, and the
/// replacements, each ended by a NUL; e.g. a rule for `ﬁ` points to the replacement `fi\0`.
/// The initialiser checks every offset, so that neither this code nor the library can read outside the map.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]

  /// The library's limit for the number of rules that match at one place; its array for them has this size.
  private static let maximumMatches = 32

  init(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.Fault) {
    let bytes = Array(bytes)
    func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) } }
    guard bytes.count >= 8 else { throw .init(reason: "the character map is too short") }
    let size = Int(word(0))
    guard size >= 1024, size % 1024 == 0, size < bytes.count - 4, bytes.last == 0 else {
      throw .init(reason: "the character map has wrong sizes")
    }
    units = (0..<size / 4).map { word(4 + 4 * $0) }
    texts = Array(bytes[(4 + size)...])
    for index in units.indices where units[index] >> 31 == 0 {
      let node = target(index)
      guard node | 0xFF < units.count else { throw .init(reason: "the character map points outside itself") }
      guard !endsRule(index) || Int(units[node] & 0x7FFF_FFFF) < texts.count else {
        throw .init(reason: "the character map points outside its texts")
      }
    }
    guard longestChain() < CharacterMap.maximumMatches else {
      throw .init(reason: "the character map has too many rules that begin alike")
    }
  }

  /// The node of a unit's children; the child for a byte lies at this index XOR the byte.
  private func target(_ index: Int) -> Int {
    let unit = units[index]
    return index ^ Int(unit >> 10) << Int((unit & 0x200) >> 6)
  }

  private func endsRule(_ index: Int) -> Bool { units[index] & 0x100 != 0 }

  private func child(_ node: Int, _ byte: UInt8) -> Int? {
    let index = node ^ Int(byte)
    return units[index] & 0x8000_00FF == UInt32(byte) ? index : nil
  }

  /// The largest number of rules on one path. Counting stops at the limit, so it ends even if the trie has a cycle.
  private func longestChain() -> Int {
    var rules = [Int](repeating: -1, count: units.count)
    var open = [0]
    rules[0] = 0
    var longest = 0
    while let index = open.popLast(), longest < CharacterMap.maximumMatches {
      let node = target(index)
      for byte in UInt8.min...UInt8.max {
        guard let next = child(node, byte) else { continue }
        let count = rules[index] + (endsRule(next) ? 1 : 0)
        guard count > rules[next] else { continue }
        rules[next] = count
        longest = max(longest, count)
        open.append(next)
      }
    }
    return longest
  }

  /// Whether any rule begins with the byte.
  func begins(_ byte: UInt8) -> Bool { child(target(0), byte) != nil }

  /// Whether any rule is the byte alone, or begins with the byte and an ASCII byte after it.
  func matters(_ byte: UInt8) -> Bool {
    guard let first = child(target(0), byte) else { return false }
    return endsRule(first) || (UInt8(0)..<128).contains { child(target(first), $0) != nil }
  }

  /// The longest rule that matches at `at`: the offset of its replacement, for ``text(_:)``, and its length in bytes.
  func longest(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> (replacement: Int, length: Int)? {
    var node = target(0)
    var best: (replacement: Int, length: Int)?
    var end = at
    while end < text.count, let next = child(node, text[end]) {
      node = target(next)
      end += 1
      if endsRule(next) { best = (Int(units[node] & 0x7FFF_FFFF), end - at) }
    }
    return best
  }

  /// The offset of the replacement, for ``text(_:)``, of the shortest rule that the bytes begin with.
  ///
  /// No rule contains a NUL.
  func shortest(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    var node = target(0)
    for byte in text {
      guard byte != 0, let next = child(node, byte) else { return nil }
      node = target(next)
      if endsRule(next) { return Int(units[node] & 0x7FFF_FFFF) }
    }
    return nil
  }

  /// The replacement that starts at an offset and ends before the next NUL.
  func text(_ from: Int) -> ArraySlice<UInt8> { texts[from...].prefix { $0 != 0 } }
}
