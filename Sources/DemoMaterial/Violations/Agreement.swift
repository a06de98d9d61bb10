extension Grammar {
  /// "The boys are tall" / "The boys is tall".
  mutating func agreement() -> MinimalPair {
    let subject = chance(20) ? pronoun() : someone(number(), named: chance(50))
    return agreeing(subject.words, subject.number, predicate())
  }

  /// "The key near the cabinets is old" / "The key near the cabinets are old": the nearest noun mostly has another
  /// number than the subject.
  mutating func attractor() -> MinimalPair {
    let number = self.number()
    let near = chance(70) ? number.other : number
    if chance(50) {
      let subject = something(number)
      let other = pick(["near", "behind", "beside", "under", "with", "on"])
      return agreeing(subject.words + [other] + something(near).words, number, copula(Modifiers.ofThings))
    }
    let subject = someone(number, named: false)
    return agreeing(
      subject.words + [pick(["near", "behind", "beside", "with"])] + someone(near, named: false).words, number,
      predicate())
  }

  /// "The boy who greeted the girls is tall" / "The boy who greeted the girls are tall".
  mutating func relativeAgreement() -> MinimalPair {
    let number = self.number()
    let subject = someone(number, named: false)
    let near = someone(chance(70) ? number.other : number, named: false)
    let verb = pick(Verbs.meeting)
    let relative = chance(50) ? ["who", verb.past] + near.words : ["that"] + near.words + [verb.past]
    return agreeing(subject.words + relative, number, predicate())
  }

  /// "There are two cats near the house" / "There is two cats near the house".
  mutating func existential() -> MinimalPair {
    let number = self.number()
    let phrase = number == .singular ? ["a"] : [pick(["two", "three", "many", "several", "some"])]
    let noun = pick(chance(50) ? Nouns.things : Nouns.animals + Nouns.people).form(number)
    let rest = phrase + [noun] + whereabouts()
    let present = chance(50)
    return agreeing(["there"], number, present ? Predicate(["is"], ["are"], rest) : Predicate(["was"], ["were"], rest))
  }

  private func agreeing(_ subject: [String], _ number: Number, _ predicate: Predicate) -> MinimalPair {
    MinimalPair(subject + predicate.form(number), subject + predicate.form(number.other))
  }
}
