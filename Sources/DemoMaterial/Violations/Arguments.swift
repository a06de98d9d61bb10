extension Grammar {
  /// "The boy smiled", "The boy repaired the car" / "The boy repaired", "The boy smiled the car": the wrong member
  /// lacks an object or has one too many.
  mutating func transitivity() -> MinimalPair {
    let subject = someone().words
    let person = chance(40)
    let with = pick(person ? Verbs.meeting : Verbs.handling)
    let without = pick(Verbs.intransitive)
    let object = chance(50) ? (person ? someone().words : something().words) : []
    let (right, wrong) = object.isEmpty ? (without, with) : (with, without)
    if chance(50) { return MinimalPair(subject + [right.past] + object, subject + [wrong.past] + object) }
    let modal = pick(Verbs.modals)
    return MinimalPair(subject + [modal, right.base] + object, subject + [modal, wrong.base] + object)
  }

  /// "gave it to the boy", "explained the plan to the boy", "gave the boy the cup" / "gave to the boy it", "explained
  /// the boy the plan", "gave to the boy the cup".
  mutating func dative() -> MinimalPair {
    let subject = someone().words
    let receiver = someone().words
    let modal = chance(40) ? [pick(Verbs.modals)] : []
    func start(_ verb: Verb) -> [String] { subject + modal + [modal.isEmpty ? verb.past : verb.base] }
    // The last two cases balance each other: the wrong member of one lacks "to", that of the other has a superfluous
    // one.
    switch random.below(3) {
    case 0:
      let theme = chance(50) ? ["it"] : something().words
      let verb = pick(Verbs.giving)
      return MinimalPair(start(verb) + theme + ["to"] + receiver, start(verb) + ["to"] + receiver + theme)
    case 1:
      let theme = idea().words
      let verb = pick(Verbs.explaining)
      return MinimalPair(start(verb) + theme + ["to"] + receiver, start(verb) + receiver + theme)
    default:
      let theme = something().words
      let verb = pick(Verbs.giving)
      return MinimalPair(start(verb) + receiver + theme, start(verb) + ["to"] + receiver + theme)
    }
  }

  /// "wanted to leave", "enjoyed leaving" / "wanted leaving", "enjoyed to leave".
  mutating func complement() -> MinimalPair {
    let subject = someone().words
    let infinitive = pick(Verbs.wanting).past
    let gerund = pick(Verbs.enjoying).past
    let action = self.action()
    return chance(50)
      ? MinimalPair(
        subject + [infinitive, "to"] + action.form(.base), subject + [gerund, "to"] + action.form(.base))
      : MinimalPair(subject + [gerund] + action.form(.progressive), subject + [infinitive] + action.form(.progressive))
  }

  /// "relied on the teacher" / "relied in the teacher".
  mutating func preposition() -> MinimalPair {
    let chosen = pick(Verbs.withPreposition)
    let subject = someone()
    let object = chance(50) ? someone().words : idea().words
    let verb = neutralPredicate(Action(verb: chosen.verb, rest: []))
    return MinimalPair(
      subject.words + verb + [chosen.preposition] + object, subject.words + verb + [chosen.refused] + object)
  }

  /// "The car was repaired by the boy", "The boy was repairing the car" / "The car was repairing by the boy", "The boy
  /// was repaired the car".
  mutating func passive() -> MinimalPair {
    let person = someone()
    let thing = something()
    let verb = pick(Verbs.handling)
    if chance(50) {
      let start = thing.words + [thing.number == .singular ? "was" : "were"]
      let end = ["by"] + person.words
      return MinimalPair(start + [verb.participle] + end, start + [verb.progressive] + end)
    }
    let start = person.words + [person.number == .singular ? "was" : "were"]
    return MinimalPair(start + [verb.progressive] + thing.words, start + [verb.participle] + thing.words)
  }
}
