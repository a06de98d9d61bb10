/// A noun phrase with its number, which verbs agree with, and its gender, which pronouns agree with.
struct NounPhrase {
  var words: [String]
  var number: Number
  /// `nil` if the words do not determine the gender.
  var gender: Gender?
}

extension Grammar {
  /// A determiner that agrees with the number.
  mutating func determiner(_ number: Number) -> String {
    if chance(45) { return "the" }
    return pick(
      number == .singular
        ? ["a", "a", "this", "that", "every", "my", "our", "each"]
        : ["these", "those", "some", "many", "two", "three", "several", "my", "our"])
  }

  /// A person: a noun phrase or, for 30% of the singular ones, a name. `named: false` forbids names.
  mutating func someone(_ wanted: Number? = nil, gender: Gender? = nil, named: Bool = true) -> NounPhrase {
    let number = wanted ?? self.number()
    if named, number == .singular, chance(30) {
      let gender = gender ?? (chance(50) ? .masculine : .feminine)
      let names = gender == .masculine ? Nouns.maleNames : Nouns.femaleNames
      return NounPhrase(words: [pick(names)], number: .singular, gender: gender)
    }
    let nouns: [Noun] =
      switch gender {
      case .masculine: Nouns.men
      case .feminine: Nouns.women
      default: chance(40) ? (chance(50) ? Nouns.men : Nouns.women) : Nouns.people
      }
    return phrase(pick(nouns), number, adjectives: Modifiers.ofPeople)
  }

  /// A phrase for a physical object.
  mutating func something(_ wanted: Number? = nil) -> NounPhrase {
    let number = wanted ?? self.number()
    return phrase(pick(Nouns.things), number, adjectives: Modifiers.ofThings)
  }

  mutating func idea() -> NounPhrase { phrase(pick(Nouns.ideas), number(), adjectives: []) }

  mutating func place() -> NounPhrase { phrase(pick(Nouns.places), chance(75) ? .singular : .plural, adjectives: []) }

  /// A phrase for a place, e.g. "near the river".
  mutating func whereabouts() -> [String] { Nouns.words(pick(Modifiers.ofPlace)) + place().words }

  /// The noun with a determiner and, for one in five, an adjective of the list.
  mutating func phrase(_ noun: Noun, _ number: Number, adjectives: [String]) -> NounPhrase {
    let adjective = !adjectives.isEmpty && chance(20) ? [pick(adjectives)] : []
    let words = [determiner(number)] + adjective + [noun.form(number)]
    return NounPhrase(words: words, number: number, gender: noun.gender)
  }
}
