/// The random generator SplitMix64 (Steele, Lea and Flood 2014), whose stream is the same on every machine and in every
/// Swift version.
package struct SplitMix: Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// A uniform integer in `0..<bound`. The multiplication's bias is below 2⁻⁴⁰ for bounds up to 2²⁴.
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "an empty choice")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// `true` with a probability of `percent` in 100.
  package mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  /// One of `choices`, which are all equally likely and must not be empty.
  package mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[below(choices.count)] }

  /// Shuffles in place, by Fisher–Yates from the end.
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) { elements.swapAt(last, below(last + 1)) }
  }
}
