import Support

private struct Encounter {
  let context: String
  let question: String
  let answers: [String]
  let right: Int

  var json: JSON {
    .members([
      "context": .text(context), "question": .text(question), "answerA": .text(answers[0]),
      "answerB": .text(answers[1]),
      "answerC": .text(answers[2]),
    ])
  }

  var instruction: Instruction {
    Instruction(
      "Please choose the correct answer to the question: \(context) \(question)", "answer", answers, right: right)
  }
}

extension Grammar {
  fileprivate mutating func encounter() -> Encounter {
    let names = several(2, of: Nouns.maleNames + Nouns.femaleNames + Names.accented, except: [])
    let chosen = pick(Knowledge.encounters)
    let others = Knowledge.encounters.filter { $0.event != chosen.event }
    let question: String
    let aspect: (String, [String])
    switch random.below(4) {
    case 0: (question, aspect) = ("How would \(names[1]) feel as a result?", (chosen.feeling, others.map(\.feeling)))
    case 1:
      (question, aspect) = ("What does \(names[0]) need to do before this?", (chosen.before, others.map(\.before)))
    case 2: (question, aspect) = ("What will \(names[1]) want to do next?", (chosen.next, others.map(\.next)))
    default:
      (question, aspect) = (
        "How would you describe \(names[0])?",
        (chosen.trait, others.filter { $0.welcome != chosen.welcome }.map(\.trait))
      )
    }
    let options = choices(aspect.0, several(2, of: aspect.1, except: []))
    let place = chance(40) ? " " + whereabouts().joined(separator: " ").replacing(" a ", with: " the ") : ""
    return Encounter(
      context: "\(names[0]) \(chosen.event.replacing("*", with: names[1]))\(place).", question: question,
      answers: options.texts, right: options.right)
  }
}

extension BenchmarkSample {
  static func siqa(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "siqa")
    var used = Set<String>()
    func draw(_ count: Int) -> [Encounter] {
      grammar.distinct(count, &used, key: { $0.context + $0.question }) { grammar, _ in grammar.encounter() }
    }
    func labels(_ encounters: [Encounter]) -> String { encounters.map { "\($0.right + 1)\n" }.joined() }
    let (dev, train) = (draw(sizes.dev), draw(sizes.train))
    return BenchmarkSample(
      task: "siqa", benchmark: "Social IQa",
      format: """
        a JSON object a line, in ASCII: context, question and three answers; the right answer, 1 to 3, stands in the \
        same line of the `.lst` file; \(Instruction.note)
        """,
      files: [
        ("train.jsonl", PythonJSON().lines(train.map(\.json))), ("train-labels.lst", labels(train)),
        ("dev.jsonl", PythonJSON().lines(dev.map(\.json))), ("dev-labels.lst", labels(dev)),
        ("llm-adapters/train.json", Instruction.file(train.map(\.instruction))),
        ("llm-adapters/test.json", Instruction.file(dev.map(\.instruction))),
      ], instructions: train.map(\.instruction))
  }
}
