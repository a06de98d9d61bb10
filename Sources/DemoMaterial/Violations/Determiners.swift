extension Grammar {
  /// "these boys" / "this boys", as the subject or the object.
  mutating func determinerNumber() -> MinimalPair {
    let number = self.number()
    let one = ["this", "that", "every", "each", "a", "another"]
    let many = ["these", "those", "many", "several", "two", "both"]
    let right = pick(number == .singular ? one : many)
    let wrong = pick(number == .singular ? many : one)
    if chance(50) {
      let noun = pick(Nouns.people + Nouns.men + Nouns.women).form(number)
      let end = neutralPredicate(action())
      return MinimalPair([right, noun] + end, [wrong, noun] + end)
    }
    let start = someone().words + [pick(Verbs.handling).past]
    let noun = pick(Nouns.things).form(number)
    return MinimalPair(start + [right, noun], start + [wrong, noun])
  }

  /// "too much water", "too many cars" / "too many water", "too much cars".
  mutating func quantity() -> MinimalPair {
    let verbs = ["bought", "needed", "used", "found", "brought", "wanted", "purchased", "got"]
    let start = someone().words + [pick(verbs)]
    let mass = chance(50)
    let noun = mass ? pick(Nouns.masses) : pick(Nouns.things).plural
    let (forMass, forCount) = pick([("too much", "too many"), ("so much", "so many"), ("a little", "a few")])
    let tail = chance(40) ? whereabouts() : []
    let right = Nouns.words(mass ? forMass : forCount)
    let wrong = Nouns.words(mass ? forCount : forMass)
    return MinimalPair(start + right + [noun] + tail, start + wrong + [noun] + tail)
  }

  /// "Nobody ever greeted the boy" / "The boy ever greeted nobody": the wrong member has "ever", "anything" or "anyone"
  /// outside the scope of the negation that licenses them.
  mutating func polarity() -> MinimalPair {
    let verb = pick(Verbs.meeting).past
    let licensor = chance(50) ? ["nobody"] : ["no", pick(Nouns.people + Nouns.men + Nouns.women).singular]
    let other = someone(named: true).words
    switch random.below(3) {
    case 0: return MinimalPair(licensor + ["ever", verb] + other, other + ["ever", verb] + licensor)
    case 1:
      // In the wrong member the licensor is inside a relative clause, too low in the tree to license "ever".
      let end = ["ever"] + [pick(Verbs.meeting).past] + other
      let noun = [pick(Nouns.people).singular]
      let head = [pick(Nouns.people + Nouns.men + Nouns.women).singular]
      return MinimalPair(
        ["no"] + head + ["who", verb, "the"] + noun + end, ["the"] + head + ["who", verb, "no"] + noun + end)
    default:
      let anything = pick(["anything", "anyone"])
      let keep = anything == "anything" ? pick(Verbs.handling) : pick(Verbs.meeting)
      return MinimalPair(licensor + [keep.past, anything], [anything, keep.past] + licensor)
    }
  }
}
