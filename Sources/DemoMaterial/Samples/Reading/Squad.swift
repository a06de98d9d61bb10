import Support

extension BenchmarkSample {
  static func squad(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "squad")
    var used = Set<String>()
    func file(_ passages: Int, dev: Bool) -> String {
      let data = articles(passages, dev: dev, unanswerable: false, &grammar, &used)
      return PythonJSON().text(.members(["data": data, "version": .text("1.1")]))
    }
    let dev = file(8, dev: true)
    return BenchmarkSample(
      task: "squad", benchmark: "SQuAD 1.1",
      format: """
        one JSON object of articles, paragraphs, questions and answers, in ASCII and without a newline at the end; \
        `answer_start` counts Unicode code points; a question of the dev file has one to six answers
        """,
      files: [("train-v1.1.json", file(10, dev: false)), ("dev-v1.1.json", dev)])
  }

  static func squadTwo(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "squad_v2")
    var used = Set<String>()
    func file(_ passages: Int, dev: Bool) -> String {
      let data = articles(passages, dev: dev, unanswerable: true, &grammar, &used)
      return PythonJSON().text(.members(["version": .text("v2.0"), "data": data]))
    }
    let dev = file(8, dev: true)
    return BenchmarkSample(
      task: "squad_v2", benchmark: "SQuAD 2.0",
      format: """
        as SQuAD 1.1's, and each question says with `is_impossible` whether it has no answer; then `answers` is \
        empty, and `plausible_answers` holds what only seems to answer it
        """,
      files: [("train-v2.0.json", file(10, dev: false)), ("dev-v2.0.json", dev)])
  }

  /// Articles of two passages, each with a question about every slot; with `unanswerable`, about half of the questions
  /// have no answer.
  private static func articles(
    _ passages: Int, dev: Bool, unanswerable: Bool, _ grammar: inout Grammar, _ used: inout Set<String>
  ) -> JSON {
    let told = grammar.distinct(passages, &used, key: { $0.structure + $0.town }) { grammar, _ in grammar.founding() }
    let paragraphs = told.enumerated().map { index, founding in
      let passage = grammar.passage(founding, arrangement: index)
      let questions = Founding.Slot.allCases.compactMap { slot -> JSON? in
        guard let span = passage.spans[slot] else { return nil }
        let impossible = unanswerable && grammar.chance(45)
        var text = impossible ? founding.unanswerable(slot) : founding.question(slot)
        // Questions with a blank before or behind, as the official files have.
        if grammar.chance(10) { text = grammar.chance(50) ? " " + text : text + " " }
        let identifier = JSON.text(grammar.hexadecimal(24))
        if !unanswerable {
          return .members(["answers": golds(span, dev: dev, &grammar), "question": .text(text), "id": identifier])
        }
        return impossible
          ? .members([
            "plausible_answers": .array([answer(span.text, at: span.start)]), "question": .text(text), "id": identifier,
            "answers": .array([]), "is_impossible": .bool(true),
          ])
          : .members([
            "question": .text(text), "id": identifier, "answers": golds(span, dev: dev, &grammar),
            "is_impossible": .bool(false),
          ])
      }
      return JSON.members(["context": .text(passage.text), "qas": .array(questions)])
    }
    return .array(
      stride(from: 0, to: paragraphs.count, by: 2).map { first in
        .members([
          "title": .text("Demo_\(told[first].town.replacing(" ", with: "_"))"),
          "paragraphs": .array(Array(paragraphs[first..<min(first + 2, paragraphs.count)])),
        ])
      })
  }

  /// One answer in train. In dev one to six, as several people marked it: the whole span or its first word.
  private static func golds(_ span: Passage.Span, dev: Bool, _ grammar: inout Grammar) -> JSON {
    let whole = answer(span.text, at: span.start)
    guard dev else { return .array([whole]) }
    let short = answer(String(span.text.prefix { !$0.isWhitespace }), at: span.start)
    let count = grammar.pick([1, 2, 3, 3, 3, 3, 3, 4, 5, 6])
    return .array((0..<count).map { $0 == 0 || grammar.chance(70) ? whole : short })
  }

  private static func answer(_ text: String, at start: Int) -> JSON {
    .members(["answer_start": .integer(start), "text": .text(text)])
  }
}
