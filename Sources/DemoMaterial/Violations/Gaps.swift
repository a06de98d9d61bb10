extension Grammar {
  /// "What did the boy repair?", "Did the boy repair the car?" / "What did the boy repair the car?", "Did the boy
  /// repair?".
  mutating func questionGap() -> MinimalPair {
    let subject = someone().words
    let (verb, object, word) = taking()
    let auxiliary = chance(60) ? "did" : pick(Verbs.modals)
    let filled = [auxiliary] + subject + [verb.base]
    return chance(50)
      ? MinimalPair([word] + filled, filled, mark: "?")
      : MinimalPair(filled + object, [word] + filled + object, mark: "?")
  }

  /// "knew what the boy repaired", "knew that the boy repaired the car" / "knew that the boy repaired", "knew what the
  /// boy repaired the car".
  mutating func embeddedGap() -> MinimalPair {
    let subject = someone().words
    let (verb, object, word) = taking()
    let start = someone().words + [pick(["knew", "said", "remembered", "forgot", "noticed", "saw"])]
    let clause = subject + [verb.past]
    return chance(50)
      ? MinimalPair(start + [word] + clause, start + ["that"] + clause)
      : MinimalPair(start + ["that"] + clause + object, start + [word] + clause + object)
  }

  /// "The car that the boy repaired is red", "The boy who repaired the car is tall" / "The car that the boy repaired
  /// the lamp is red", "The boy who repaired is tall".
  mutating func relativeGap() -> MinimalPair {
    let thing = something()
    let person = someone(named: false)
    let verb = pick(Verbs.handling).past
    if chance(50) {
      let start = thing.words + ["that"] + person.words + [verb]
      let end = copula(Modifiers.ofThings).form(thing.number)
      return MinimalPair(start + end, start + something().words + end)
    }
    let start = person.words + ["who", verb]
    let end = copula(Modifiers.ofPeople).form(person.number)
    return MinimalPair(start + thing.words + end, start + end)
  }

  /// "The boy who the girl greeted is tall", "The car which the girl repaired is red" / the same with "which" and "who"
  /// exchanged.
  mutating func relativePronoun() -> MinimalPair {
    let person = chance(50)
    let head = person ? someone(named: false) : something()
    let subject = someone().words
    let verb = pick(person ? Verbs.meeting : Verbs.handling).past
    let qualities = person ? Modifiers.ofPeople : Modifiers.ofThings
    let end = subject + [verb] + copula(qualities).form(head.number)
    let (right, wrong) = person ? ("who", "which") : ("which", "who")
    return MinimalPair(head.words + [right] + end, head.words + [wrong] + end)
  }

  /// A verb that needs an object, an object for this verb, and the question word for that object.
  private mutating func taking() -> (Verb, [String], String) {
    chance(40)
      ? (pick(Verbs.meeting), someone().words, "who") : (pick(Verbs.handling), something().words, "what")
  }
}
