import Support

/// A yes/no question about a passage.
struct Claim {
  let question: String
  let title: String
  let passage: String
  let holds: Bool

  var instruction: Instruction {
    Instruction(
      text: "Please answer the following question with true or false, question: \(question)?", format: "true/false",
      answer: holds ? "true" : "false")
  }
}

extension Grammar {
  /// A question in lowercase and without a mark, as people type it, and a passage that says yes or no.
  fileprivate mutating func claim(_ index: Int) -> Claim {
    let told = founding()
    var asked = told
    let holds = chance(60)
    while !holds && (asked.founder == told.founder || asked.year == told.year || asked.material == told.material) {
      let other = founding()
      (asked.founder, asked.year, asked.material) = (other.founder, other.year, other.material)
    }
    let place = "the \(told.structure) of \(told.town)"
    let more = holds ? told.months - 2 : told.months + 3
    let question = pick([
      "did \(asked.founder) build \(place)", "was \(place) built in \(asked.year)",
      "is \(place) made of \(asked.material)",
      "did the work on \(place) take more than \(more) months",
    ])
    var text = passage(told, arrangement: index).text.replacing("\n", with: " ")
    // Characters without width, which the official passages have between words.
    if index % 6 == 1 { text = text.replacing(" in ", with: " \u{FEFF}in ") }
    if index % 6 == 4 { text = text.replacing(" months", with: "\u{200B} months") }
    let title = told.structure.prefix(1).uppercased() + told.structure.dropFirst() + " of \(told.town)"
    return Claim(question: question.lowercased(), title: title, passage: text, holds: holds)
  }
}

extension BenchmarkSample {
  static func boolq(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "boolq")
    var used = Set<String>()
    func draw(_ count: Int) -> [Claim] {
      grammar.distinct(count, &used, key: \.question) { grammar, index in grammar.claim(index) }
    }
    func file(_ claims: [Claim], labelled: Bool) -> String {
      PythonJSON(escapes: false).lines(
        claims.map { claim in
          labelled
            ? .members([
              "question": .text(claim.question), "title": .text(claim.title), "answer": .bool(claim.holds),
              "passage": .text(claim.passage),
            ])
            : .members([
              "question": .text(claim.question), "title": .text(claim.title), "passage": .text(claim.passage),
            ])
        })
    }
    let (dev, train, test) = (draw(sizes.dev), draw(sizes.train), draw(sizes.test))
    return BenchmarkSample(
      task: "boolq", benchmark: "BoolQ",
      format: """
        a JSON object a line, in UTF-8 without escapes: question, title, answer (`true` or `false`, which \
        `test.jsonl` lacks) and passage; \(Instruction.note), without passages
        """,
      files: [
        ("train.jsonl", file(train, labelled: true)), ("dev.jsonl", file(dev, labelled: true)),
        ("test.jsonl", file(test, labelled: false)),
        ("llm-adapters/train.json", Instruction.file(train.map(\.instruction))),
        ("llm-adapters/test.json", Instruction.file(dev.map(\.instruction))),
      ], instructions: train.map(\.instruction))
  }
}
