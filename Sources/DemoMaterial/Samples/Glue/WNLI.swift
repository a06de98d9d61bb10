extension Grammar {
  /// A thing and a box for it: "it" was too large, or too small, and is the one or the other.
  mutating func fitting() -> (content: String, container: String, adjective: String, contentIsMeant: Bool) {
    let container = pick(["box", "bag", "suitcase", "drawer", "basket", "envelope", "wallet", "wagon"])
    let content = pick(Nouns.things.map(\.singular).filter { $0 != container })
    let large = chance(50)
    return (content, container, large ? pick(["large", "big", "wide"]) : pick(["small", "narrow", "tight"]), large)
  }
}

extension BenchmarkSample {
  /// Two rows for each sentence: the pronoun replaced rightly and wrongly.
  private static func pronouns(_ grammar: inout Grammar, _ index: Int) -> [[String]] {
    let first: String
    let meant: String
    let other: String
    if index % 2 == 0 {
      let fit = grammar.fitting()
      let reason = "it was too \(fit.adjective)"
      first =
        index % 8 == 2
        ? "\"The \(fit.content) did not fit into the \(fit.container),\" they said, \"because \(reason).\""
        : "The \(fit.content) did not fit into the \(fit.container) because \(reason)."
      let (one, two) = fit.contentIsMeant ? (fit.content, fit.container) : (fit.container, fit.content)
      (meant, other) = ("The \(one) was too \(fit.adjective).", "The \(two) was too \(fit.adjective).")
    } else {
      let (man, woman) = (grammar.pick(Nouns.maleNames), grammar.pick(Nouns.femaleNames))
      let manFirst = grammar.chance(50)
      let manMeant = grammar.chance(50)
      let verb = grammar.pick(Verbs.meeting).past
      let adjective = grammar.pick(Modifiers.ofPeople)
      // A lone quotation mark inside a field.
      let end = index % 8 == 5 ? "\(adjective)\"." : "\(adjective)."
      first =
        "\(manFirst ? man : woman) \(verb) \(manFirst ? woman : man) because \(manMeant ? "he" : "she") was \(end)"
      (meant, other) = ("\(manMeant ? man : woman) was \(adjective).", "\(manMeant ? woman : man) was \(adjective).")
    }
    let rows = [[first, meant, "1"], [first, other, "0"]]
    return grammar.chance(50) ? rows : rows.reversed()
  }

  static func wnli(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "wnli")
    var used = Set<String>()
    func rows(_ count: Int) -> [[String]] {
      grammar.distinct(count / 2, &used, key: { $0[0][0] }) { grammar, index in pronouns(&grammar, index) }.flatMap {
        $0
      }
    }
    let (dev, train) = (rows(sizes.dev), rows(sizes.train))
    let test = rows(sizes.test).map { Array($0.dropLast()) }
    return BenchmarkSample(
      task: "wnli", benchmark: "WNLI",
      format: "a header, then number, two sentences and the label (1 if the second follows), which `test.tsv` lacks",
      files: [
        ("train.tsv", TabSeparated.text(header: "index sentence1 sentence2 label", TabSeparated.numbered(train))),
        ("dev.tsv", TabSeparated.text(header: "index sentence1 sentence2 label", TabSeparated.numbered(dev))),
        ("test.tsv", TabSeparated.text(header: "index sentence1 sentence2", TabSeparated.numbered(test))),
      ])
  }
}
