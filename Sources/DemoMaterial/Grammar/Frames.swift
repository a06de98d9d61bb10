extension Grammar {
  /// Puts both members of a pair into the same larger sentence. Questions, and about two of three other pairs, stay as
  /// they are.
  mutating func framed(_ pair: MinimalPair) -> MinimalPair {
    guard pair.right.mark == ".", chance(35) else { return pair }
    let before: [String]
    var after: [String] = []
    switch random.below(6) {
    case 0: before = someone().words + [pick(Verbs.saying).past, "that"]
    case 1: before = pick(Modifiers.ofSentences).split(separator: " ").map(String.init) + [","]
    case 2:
      before = []
      after = [pick(["because", "although", "when", "while", "before"])] + clause()
    case 3: before = clause() + [",", pick(["and", "but"])]
    case 4: before = [pick(["I", "we", "they"]), pick(["think", "know", "believe", "hope"]), "that"]
    default:
      before = []
      after = [",", pick(["and", "but"])] + clause()
    }
    return MinimalPair(before + pair.right.words + after, before + pair.wrong.words + after)
  }
}
