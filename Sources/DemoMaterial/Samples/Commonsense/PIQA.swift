import Support

private struct Goal {
  let goal: String
  let solutions: [String]
  let right: Int

  var json: JSON { .members(["goal": .text(goal), "sol1": .text(solutions[0]), "sol2": .text(solutions[1])]) }

  var instruction: Instruction {
    Instruction(
      "Please choose the correct solution to the question: \(goal)", "solution", solutions, right: right, gap: "\n\n")
  }
}

extension Grammar {
  fileprivate mutating func goal(_ index: Int) -> Goal {
    let (action, tool) = pick(Knowledge.tools)
    let other = several(1, of: Knowledge.allTools, except: [tool])[0]
    let goal = pick(["To \(action), you can", "How do I \(action)?", action, "What does one need to \(action)? "])
    let use = pick(["Use *.", "Take * and go to work.", "* will do", "Fetch \"*\" and begin "])
    let options = choices(tool, [other])
    let solutions = options.texts.map { tool in
      let text = use.replacing("*", with: tool)
      return text.prefix(1).uppercased() + text.dropFirst()
    }
    return Goal(goal: goal, solutions: solutions, right: options.right)
  }
}

extension BenchmarkSample {
  static func piqa(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "piqa")
    var used = Set<String>()
    func draw(_ count: Int) -> [Goal] {
      grammar.distinct(count, &used, key: { $0.goal + $0.solutions.joined() }) { grammar, index in grammar.goal(index) }
    }
    func labels(_ goals: [Goal]) -> String { goals.map { "\($0.right)\n" }.joined() }
    let (valid, train, test) = (draw(sizes.dev), draw(sizes.train), draw(sizes.test))
    return BenchmarkSample(
      task: "piqa", benchmark: "PIQA",
      format: """
        a JSON object a line, in ASCII: goal and two solutions, some of which end in a blank; the right solution, 0 \
        or 1, stands in the same line of the `.lst` file; `tests.jsonl` has no labels; \(Instruction.note)
        """,
      files: [
        ("train.jsonl", PythonJSON().lines(train.map(\.json))), ("train-labels.lst", labels(train)),
        ("valid.jsonl", PythonJSON().lines(valid.map(\.json))), ("valid-labels.lst", labels(valid)),
        ("tests.jsonl", PythonJSON().lines(test.map(\.json))),
        ("llm-adapters/train.json", Instruction.file(train.map(\.instruction))),
        ("llm-adapters/test.json", Instruction.file(valid.map(\.instruction))),
      ], instructions: train.map(\.instruction))
  }
}
