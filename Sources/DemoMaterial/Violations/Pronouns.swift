extension Grammar {
  /// "The queen praised herself" / "The queen praised himself".
  mutating func reflexive() -> MinimalPair {
    let all = ["himself", "herself", "themselves"]
    let right = random.below(3)
    let subject =
      switch right {
      case 0: chance(25) ? NounPhrase(words: ["he"], number: .singular) : someone(.singular, gender: .masculine)
      case 1: chance(25) ? NounPhrase(words: ["she"], number: .singular) : someone(.singular, gender: .feminine)
      default: chance(25) ? NounPhrase(words: ["they"], number: .plural) : someone(.plural)
      }
    let wrong = (right + 1 + random.below(2)) % 3
    let tail = chance(40) ? whereabouts() : []
    let start = subject.words + neutralPredicate(Action(verb: pick(Verbs.meeting), rest: []))
    return MinimalPair(start + [all[right]] + tail, start + [all[wrong]] + tail)
  }

  /// "She greeted the boy", "The boy greeted her" / "Her greeted the boy", "The boy greeted she".
  mutating func pronounCase() -> MinimalPair {
    let (subject, object) = pick([("he", "him"), ("she", "her"), ("they", "them"), ("we", "us"), ("I", "me")])
    let verb = neutralPredicate(Action(verb: pick(Verbs.meeting), rest: []))
    let other = someone().words
    if chance(50) {
      let end = verb + other
      return MinimalPair([subject] + end, [object] + end)
    }
    return MinimalPair(other + verb + [object], other + verb + [subject])
  }
}
