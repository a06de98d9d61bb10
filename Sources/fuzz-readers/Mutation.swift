/// Random numbers that follow from a seed alone (splitmix64; Steele, Lea and Flood, 2014).
struct CountedRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// A number below `bound`, or 0 where that is 0.
  mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }
}

/// Breaks a file in one to eight places.
enum Mutation {
  /// Pieces that a reader takes for structure.
  private static let pieces: [[UInt8]] =
    [
      "\"", "\"\"", "\t", ",", "\n", "\r\n", "\r", "\\", "\\u", "\\ud800", "\\ud83d\\ude00", "{", "}", "[", "]", ":",
      "\u{FEFF}", "\u{0}", "null", "true", "-0", "1e999", "00", "{\"a\":1,\"a\":2}", "../", "PK\u{3}\u{4}",
      "PK\u{1}\u{2}",
      "PK\u{5}\u{6}", "*a", "&a ", "- ", "? ", "!!", "|\n", "text", "\u{10FFFF}",
    ].map { Array($0.utf8) } + [
      [0x1F, 0x8B, 8], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF, 0xFF, 0xFF, 0xFF],
    ]

  static func of(_ seed: [UInt8], by random: inout CountedRandom) -> [UInt8] {
    var bytes = seed
    // Most readers stop at the first fault, so half of the files have one.
    for _ in 0...(random.below(2) == 0 ? 0 : random.below(8)) {
      let at = random.below(bytes.count + 1)
      let length = min(bytes.count - at, random.below(random.below(4) == 0 ? 64 : 4) + 1)
      switch random.below(8) {
      case 0: if length > 0 { bytes[at] ^= 1 << UInt8(random.below(8)) }
      case 1: if length > 0 { bytes[at] = UInt8(truncatingIfNeeded: random.next()) }
      case 2: bytes.removeSubrange(at..<at + length)
      case 3: bytes.removeSubrange(at...)
      case 4: bytes.insert(contentsOf: bytes[at..<at + length], at: random.below(bytes.count + 1))
      case 5:
        let piece = pieces[random.below(pieces.count)]
        let times = random.below(16) == 0 ? 1 + random.below(300) : 1
        bytes.insert(contentsOf: (0..<times).flatMap { _ in piece }, at: at)
      case 6:
        let piece = pieces[random.below(pieces.count)]
        bytes.replaceSubrange(at..<at + length, with: piece)
      default: bytes.insert(contentsOf: (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }, at: at)
      }
    }
    return bytes
  }
}
