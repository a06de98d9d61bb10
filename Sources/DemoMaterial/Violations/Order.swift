extension Grammar {
  /// Exchanges two adjacent words or phrases, so both members have the same words.
  mutating func wordOrder() -> MinimalPair {
    let person = someone().words
    let number = self.number()
    let verb = neutralPredicate(Action(verb: pick(Verbs.handling), rest: []))
    let determiner = [self.determiner(number)]
    let noun = [pick(Nouns.things).form(number)]
    let adjective = [pick(Modifiers.ofThings)]
    let manner = [pick(Modifiers.ofManner)]
    switch random.below(6) {
    case 0:  // "the red car" / "the car red"
      return MinimalPair(person + verb + determiner + adjective + noun, person + verb + determiner + noun + adjective)
    case 1:  // "the car" / "car the"
      return MinimalPair(person + verb + determiner + noun, person + verb + noun + determiner)
    case 2:  // "repaired the car quickly" / "repaired quickly the car"
      return MinimalPair(person + verb + determiner + noun + manner, person + verb + manner + determiner + noun)
    case 3:  // "near the house" / "the house near"
      let action = [pick(Verbs.intransitive).past]
      let near = [pick(["near", "behind", "beside"])]
      let place = self.place().words
      return MinimalPair(person + action + near + place, person + action + place + near)
    case 4:  // "the boy repaired the car" / "the boy the car repaired"
      return MinimalPair(person + verb + determiner + noun, person + determiner + noun + verb)
    default:  // "is very tall" / "is tall very"
      let subject = someone()
      let be = [subject.number == .singular ? "is" : "are"]
      let degree = [pick(["very", "quite", "rather"])]
      let quality = [pick(Modifiers.ofPeople)]
      return MinimalPair(subject.words + be + degree + quality, subject.words + be + quality + degree)
    }
  }

  /// "What did the boy repair?" / "What the boy did repair?". In an embedded question the inverted order is the wrong
  /// one: "knew what the boy can repair" / "knew what can the boy repair".
  mutating func inversion() -> MinimalPair {
    let subject = someone().words
    let person = chance(40)
    let verb = pick(person ? Verbs.meeting : Verbs.handling).base
    let auxiliary = chance(50) ? "did" : pick(Verbs.modals)
    let word = person ? "who" : "what"
    if chance(50) {
      return MinimalPair([word, auxiliary] + subject + [verb], [word] + subject + [auxiliary, verb], mark: "?")
    }
    let modal = pick(Verbs.modals)
    let asker = someone().words + [pick(["asked", "knew", "wondered", "forgot"])]
    return MinimalPair(asker + [word] + subject + [modal, verb], asker + [word, modal] + subject + [verb])
  }
}
