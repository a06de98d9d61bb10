private struct Answering {
  let question: String
  let sentence: String
  let answers: Bool
}

extension Grammar {
  /// A question about one part of an event, and a sentence that tells this part, or all but this part.
  fileprivate mutating func answering(_ answers: Bool) -> Answering {
    var event = scene()
    while event.receiver != nil { event = scene() }
    let be = event.object.number == .singular ? "was" : "were"
    var other = event
    switch random.below(3) {
    case 0:
      let question = Sentence(["who", event.verb.past] + event.object.words + event.place, mark: "?")
      let agentless = Sentence(event.object.words + [be, event.verb.participle] + event.place)
      return Answering(question: question.text, sentence: (answers ? told(event) : agentless).text, answers: answers)
    case 1:
      let word = Verbs.meeting.contains { $0.base == event.verb.base } ? "whom" : "what"
      let question = Sentence([word, "did"] + event.agent.words + [event.verb.base] + event.place, mark: "?")
      other.verb = pick(Verbs.intransitive)
      let objectless = Sentence(event.agent.words + [other.verb.past] + event.place)
      return Answering(question: question.text, sentence: (answers ? told(event) : objectless).text, answers: answers)
    default:
      let question = Sentence(
        ["where", "did"] + event.agent.words + [event.verb.base] + event.object.words, mark: "?")
      other.place = []
      return Answering(question: question.text, sentence: told(answers ? event : other).text, answers: answers)
    }
  }
}

extension BenchmarkSample {
  static func qnli(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "qnli")
    var used = Set<String>()
    func rows(_ count: Int) -> [[String]] {
      let pairs = grammar.distinct(count, &used, key: \.question) { grammar, index in
        grammar.answering(index % 2 == 0)
      }
      return pairs.enumerated().map { index, pair in
        var sentence = pair.sentence
        if index % 8 == 3 { sentence = "\"\(sentence)" }
        // A byte order mark inside the text, as a page of the web leaves it, after other characters outside ASCII.
        if index % 8 == 6 { sentence += " (47°39′\u{FEFF} N)" }
        return [pair.question, sentence, pair.answers ? "entailment" : "not_entailment"]
      }
    }
    let (dev, train) = (rows(sizes.dev), rows(sizes.train))
    let test = rows(sizes.test).map { Array($0.dropLast()) }
    return BenchmarkSample(
      task: "qnli", benchmark: "QNLI",
      format: """
        a header, then number, question, sentence and the label `entailment` (the sentence answers the question) or \
        `not_entailment`, which `test.tsv` lacks
        """,
      files: [
        ("train.tsv", TabSeparated.text(header: "index question sentence label", TabSeparated.numbered(train))),
        ("dev.tsv", TabSeparated.text(header: "index question sentence label", TabSeparated.numbered(dev))),
        ("test.tsv", TabSeparated.text(header: "index question sentence", TabSeparated.numbered(test))),
      ])
  }
}
