/// What a question asks. Two questions with equal topics ask the same, however they are put.
private enum Topic: Equatable {
  case how(verb: String, object: String)
  case why(people: String, verb: String)
  case meaning(String)

  /// The question in each of four wordings.
  var wordings: [String] {
    switch self {
    case .how(let verb, let object):
      [
        "How do I \(verb) \(object)?", "What is the best way to \(verb) \(object)?", "How can one \(verb) \(object)?",
        "I want to \(verb) \(object). What should I do?",
      ]
    case .why(let people, let verb):
      [
        "Why do \(people) \(verb)?", "What makes \(people) \(verb)?", "What is the reason that \(people) \(verb)?",
        "Do you know why \(people) \(verb)?",
      ]
    case .meaning(let word):
      [
        "What does \"\(word)\" mean?", "What is the meaning of the word \"\(word)\"?", "What is meant by '\(word)'?",
        // The second quotation mark is missing, as in many a question of the web.
        "Can someone explain the word \"\(word)?",
      ]
    }
  }
}

extension Grammar {
  private mutating func topic() -> Topic {
    switch random.below(5) {
    case 0, 1:
      let thing = pick(Nouns.things).singular
      return .how(
        verb: pick(Verbs.handling + Verbs.getting).base, object: "\(Spelling.article(before: thing)) \(thing)")
    case 2, 3: return .why(people: pick(Nouns.people + Nouns.animals).plural, verb: pick(Verbs.intransitive).base)
    default:
      return .meaning(pick(["naïve", "façade", "cliché", "brisk", "to limp", "smörgåsbord", "aloof", "déjà vu"]))
    }
  }

  /// Two questions in different wordings, which ask the same or differ in one word or in all.
  fileprivate mutating func questions(duplicate: Bool) -> (String, String) {
    let topic = self.topic()
    var other = topic
    while !duplicate && other == topic {
      other = self.topic()
      if case .how(_, let object) = topic, case .how(let verb, _) = other { other = .how(verb: verb, object: object) }
      if case .why(_, let verb) = topic, case .why(let people, _) = other { other = .why(people: people, verb: verb) }
    }
    let first = random.below(4)
    return (topic.wordings[first], other.wordings[(first + 1 + random.below(3)) % 4])
  }
}

extension BenchmarkSample {
  static func qqp(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "qqp")
    var used = Set<String>()
    var identifiers: [String: Int] = [:]
    func rows(_ count: Int) -> [[String]] {
      let rows = grammar.distinct(count, &used, key: { $0[0] + $0[1] }) { grammar, index in
        let pair = grammar.questions(duplicate: index % 8 < 3)
        return [pair.0, pair.1, index % 8 < 3 ? "1" : "0"]
      }
      return rows.map { row in
        // A question that occurs again has the same identifier.
        for question in row.prefix(2) where identifiers[question] == nil {
          identifiers[question] = identifiers.count + 1
        }
        return row.prefix(2).map { String(identifiers[$0] ?? 0) } + row
      }
    }
    let header = "id qid1 qid2 question1 question2 is_duplicate"
    let (dev, train) = (rows(sizes.dev), rows(sizes.train))
    let test = rows(sizes.test).map { Array($0[2...3]) }
    return BenchmarkSample(
      task: "qqp", benchmark: "QQP",
      format: """
        a header, then a number, the identifiers of two questions, the questions, and the label (1 duplicate); \
        `test.tsv` has the number and the questions only
        """,
      files: [
        ("train.tsv", TabSeparated.text(header: header, TabSeparated.numbered(train))),
        ("dev.tsv", TabSeparated.text(header: header, TabSeparated.numbered(dev))),
        ("test.tsv", TabSeparated.text(header: "id question1 question2", TabSeparated.numbered(test))),
      ])
  }
}
