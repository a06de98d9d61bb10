/// ARC's two sets.
enum ARCSet: String {
  case easy = "Easy"
  case challenge = "Challenge"
}

extension Grammar {
  /// Easy asks for the member of a named group. Challenge shows two members, or asks which thing is no member.
  fileprivate mutating func science(_ set: ARCSet, _ index: Int) -> ChoiceQuestion {
    // Most questions have four choices. A few have three or five, and a few have digits for labels.
    let count = index % 16 == 5 ? 3 : index % 16 == 10 ? 5 : 4
    let group = pick(Knowledge.groups)
    let others = Knowledge.groups.filter { $0.name != group.name }
    var members = group.members
    random.shuffle(&members)
    let stem: String
    let right: String
    let wrong: [String]
    if set == .challenge && chance(40) {
      stem = pick([
        "Which of these is NOT one of the \(group.plural)?",
        "All but one of these are \(group.plural). Which one is not?",
      ])
      (right, wrong) = (pick(pick(others).members), Array(members.prefix(count - 1)))
    } else {
      let article = Spelling.article(before: group.name)
      stem =
        set == .easy
        ? pick(["Which of these is \(article) \(group.name)?", "Which one is an example of \(article) \(group.name)?"])
        : pick([
          "A student puts \(members[1]) and \(members[2]) into one group.  What else belongs to this group?",
          "Which of these has most in common with \(members[1]) and \(members[2])?",
        ])
      right = members[0]
      wrong = several(count - 1, of: others.map { pick($0.members) }, except: [])
    }
    let options = choices(right, wrong)
    let numeric = index % 8 == 6
    let identifier = "DEMO_\(1998 + random.below(15))_\(numeric ? 8 : 5)_\(1000 + random.below(9000))"
    return ChoiceQuestion(
      identifier: identifier, stem: stem, choices: options.texts, right: options.right, numeric: numeric)
  }
}

extension BenchmarkSample {
  static func arc(_ seed: UInt64, _ set: ARCSet) -> BenchmarkSample {
    let task = "arc_\(set.rawValue.lowercased())"
    var grammar = Grammar(seed: seed, task: task)
    var used = Set<String>()
    func draw(_ count: Int) -> [ChoiceQuestion] {
      grammar.distinct(count, &used, key: { $0.stem + $0.choices.joined() }) { grammar, index in
        grammar.science(set, index)
      }
    }
    func file(_ questions: [ChoiceQuestion]) -> String {
      PythonJSON(escapes: false, compact: true).lines(questions.map(\.json))
    }
    let (dev, train, test) = (draw(sizes.dev), draw(sizes.train), draw(sizes.test))
    let name = "ARC-\(set.rawValue)"
    return BenchmarkSample(
      task: task, benchmark: name,
      format: """
        a JSON object a line, in UTF-8 and without blanks between its parts: identifier, stem, three to five choices \
        with labels A to E or 1 to 4, and the label of the right choice; \(Instruction.note)
        """,
      files: [
        ("\(name)-Train.jsonl", file(train)), ("\(name)-Dev.jsonl", file(dev)), ("\(name)-Test.jsonl", file(test)),
        ("llm-adapters/train.json", Instruction.file(train.map(\.instruction))),
        ("llm-adapters/test.json", Instruction.file(test.map(\.instruction))),
      ], instructions: train.map(\.instruction))
  }
}
