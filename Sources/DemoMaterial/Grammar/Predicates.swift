/// A predicate in the singular and the plural. Both have the same words after the verb, e.g. "is tall" and "are tall".
struct Predicate {
  let singular: [String]
  let plural: [String]

  init(_ singular: [String], _ plural: [String], _ rest: [String]) {
    self.singular = singular + rest
    self.plural = plural + rest
  }

  func form(_ number: Number) -> [String] { number == .singular ? singular : plural }
}

/// A verb with the words that complete it, e.g. "repair" with "the car".
struct Action {
  let verb: Verb
  let rest: [String]
  func form(_ form: VerbForm) -> [String] { [verb.form(form)] + rest }
}

extension Grammar {
  /// An action of a person, with or without an object.
  mutating func action() -> Action {
    switch random.below(6) {
    case 0, 1: return Action(verb: pick(Verbs.intransitive), rest: chance(30) ? whereabouts() : [])
    case 2, 3: return Action(verb: pick(chance(70) ? Verbs.handling : Verbs.getting), rest: something().words)
    case 4: return Action(verb: pick(Verbs.meeting), rest: someone().words)
    default:
      let chosen = pick(Verbs.withPreposition)
      let object = chance(50) ? someone() : idea()
      return Action(verb: chosen.verb, rest: [chosen.preposition] + object.words)
    }
  }

  /// A finite predicate of a person whose verb agrees with the subject, e.g. "is tall" or "repairs the car".
  mutating func predicate() -> Predicate {
    let action = self.action()
    switch random.below(7) {
    case 0: return copula(Modifiers.ofPeople)
    case 1: return Predicate(["is"], ["are"], action.form(.progressive))
    case 2: return Predicate(["was"], ["were"], action.form(.progressive))
    case 3: return Predicate(["has"], ["have"], action.form(.participle))
    case 4: return Predicate(["does", "not"], ["do", "not"], action.form(.base))
    default: return Predicate([action.verb.third], [action.verb.base], action.rest)
    }
  }

  /// A form of "be" with an adjective, e.g. "is tall" or "were very red".
  mutating func copula(_ adjectives: [String]) -> Predicate {
    let degree = chance(35) ? [pick(["very", "quite", "rather", "not"])] : []
    let rest = degree + [pick(adjectives)]
    return chance(50)
      ? Predicate(["is"], ["are"], rest)
      : Predicate(["was"], ["were"], rest)
  }

  /// A finite predicate that is the same in both numbers: a past form or a modal, e.g. "slept" or "can sleep".
  mutating func neutralPredicate(_ action: Action) -> [String] {
    chance(55) ? action.form(.past) : [pick(Verbs.modals)] + action.form(.base)
  }

  /// A whole acceptable clause of subject and predicate.
  mutating func clause() -> [String] {
    let subject = chance(20) ? pronoun() : someone()
    return subject.words + (chance(50) ? predicate().form(subject.number) : neutralPredicate(action()))
  }

  /// A subject pronoun. "You" and "we" take plural verbs.
  mutating func pronoun() -> NounPhrase {
    let chosen: (String, Number) = pick([
      ("he", .singular), ("she", .singular), ("they", .plural), ("we", .plural), ("you", .plural),
    ])
    return NounPhrase(words: [chosen.0], number: chosen.1, gender: nil)
  }
}
