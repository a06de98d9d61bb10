extension Grammar {
  /// "can see", "has seen", "is seeing" / "can seen", "has see", "is see", in statements and questions.
  mutating func auxiliaryForm() -> MinimalPair {
    let subject = someone()
    let one = subject.number == .singular
    let action = distinctAction()
    let all: [(String, VerbForm)] = [
      (pick(Verbs.modals), .base), (one ? "has" : "have", .participle), (one ? "is" : "are", .progressive),
    ]
    let right = random.below(3)
    let wrong = all[(right + 1 + random.below(2)) % 3].1
    let auxiliary = all[right].0
    func sentence(_ form: VerbForm) -> [String] { subject.words + [auxiliary] + action.form(form) }
    func question(_ form: VerbForm) -> [String] { [auxiliary] + subject.words + action.form(form) }
    return chance(70)
      ? MinimalPair(sentence(all[right].1), sentence(wrong))
      : MinimalPair(question(all[right].1), question(wrong), mark: "?")
  }

  /// "will have seen", "will be seeing", "will not see" / "have will seen", "be will seeing", "not will see".
  mutating func auxiliaryOrder() -> MinimalPair {
    let subject = someone().words
    let action = self.action()
    let modal = pick(Verbs.modals)
    switch random.below(3) {
    case 0:
      let rest = action.form(.participle)
      return MinimalPair(subject + [modal, "have"] + rest, subject + ["have", modal] + rest)
    case 1:
      let rest = action.form(.progressive)
      return MinimalPair(subject + [modal, "be"] + rest, subject + ["be", modal] + rest)
    default:
      let rest = action.form(.base)
      return MinimalPair(subject + [modal, "not"] + rest, subject + ["not", modal] + rest)
    }
  }

  /// "is sleeping", "slept" / "sleeping", "is slept": the wrong member has one auxiliary too few or too many.
  mutating func auxiliaryCount() -> MinimalPair {
    let subject = someone()
    let one = subject.number == .singular
    let action = Action(verb: pick(Verbs.intransitive), rest: chance(50) ? whereabouts() : [])
    if chance(50) {
      let auxiliary = chance(50) ? (one ? "is" : "are") : (one ? "was" : "were")
      return chance(50)
        ? MinimalPair(
          subject.words + [auxiliary] + action.form(.progressive), subject.words + action.form(.progressive))
        : MinimalPair(subject.words + action.form(.past), subject.words + [auxiliary] + action.form(.past))
    }
    // "can sleep and the girl must sleep" / "can must sleep and the girl sleep": the second modal is moved.
    let first = pick(Verbs.modals)
    let second = pick(Verbs.modals)
    let third = someone().words
    let full = subject.words + [first] + action.form(.base) + ["and"] + third + [second] + action.form(.base)
    let wrong = subject.words + [first, second] + action.form(.base) + ["and"] + third + action.form(.base)
    return MinimalPair(full, wrong)
  }

  /// An action whose verb is acceptable in one form only after each auxiliary. Its base form differs from its
  /// participle, and "is" with the participle and an object is no passive, as "is brought the cup" would be.
  mutating func distinctAction() -> Action {
    while true {
      let action = self.action()
      let base = action.verb.base
      if base != action.verb.participle, !Verbs.getting.contains(where: { $0.base == base }) { return action }
    }
  }
}
