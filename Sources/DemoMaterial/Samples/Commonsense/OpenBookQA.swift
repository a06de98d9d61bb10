extension Grammar {
  fileprivate mutating func openBook(_ index: Int) -> ChoiceQuestion {
    let (action, tool) = pick(Knowledge.tools)
    let stem = pick([
      "A person who wants to \(action) should use", "In order to \(action), one needs:",
      "What helps people to \(action)?",
      "Nobody can \(action) without",
    ])
    let options = choices(tool, several(3, of: Knowledge.allTools, except: [tool]))
    let identifier = index % 3 == 0 ? "\(7 + random.below(8))-\(random.below(1_500))" : String(random.below(2_000))
    return ChoiceQuestion(identifier: identifier, stem: stem, choices: options.texts, right: options.right)
  }
}

extension BenchmarkSample {
  static func openbookqa(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "openbookqa")
    var used = Set<String>()
    func draw(_ count: Int) -> [ChoiceQuestion] {
      grammar.distinct(count, &used, key: { $0.stem + $0.choices.joined() }) { grammar, index in grammar.openBook(index)
      }
    }
    func file(_ questions: [ChoiceQuestion]) -> String { PythonJSON().lines(questions.map(\.json)) }
    let (dev, test) = (draw(sizes.dev), draw(sizes.test))
    var train = draw(sizes.train - 1)
    // One question stands twice, with two identifiers, as in the official file.
    train.append(
      ChoiceQuestion(identifier: "demo-again", stem: train[3].stem, choices: train[3].choices, right: train[3].right))
    train.swapAt(20, train.count - 1)
    return BenchmarkSample(
      task: "openbookqa", benchmark: "OpenBookQA",
      format: """
        a JSON object a line, in ASCII: identifier, stem, four choices with labels A to D, and the label of the \
        right choice; one question of `train.jsonl` stands twice; \(Instruction.note)
        """,
      files: [
        ("Main/train.jsonl", file(train)), ("Main/dev.jsonl", file(dev)), ("Main/test.jsonl", file(test)),
        ("llm-adapters/train.json", Instruction.file(train.map(\.instruction))),
        ("llm-adapters/test.json", Instruction.file(test.map(\.instruction))),
      ], instructions: train.map(\.instruction))
  }
}
