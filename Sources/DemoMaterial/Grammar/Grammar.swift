import Support

/// Draws phrases and clauses from the lexicon.
package struct Grammar: Sendable {
  /// The source of every choice: equal seeds give equal sentences.
  package var random: SplitMix

  package init(seed: UInt64) { random = SplitMix(seed: seed) }

  mutating func pick<Choice>(_ choices: [Choice]) -> Choice { random.pick(choices) }
  mutating func chance(_ percent: Int) -> Bool { random.chance(percent) }
  mutating func number() -> Number { chance(50) ? .singular : .plural }
}
