import Support

private struct Continuation {
  let label: String
  let start: String
  let end: String
  let endings: [String]
  let right: Int
  let source: String
  let zeroShot: Bool

  var context: String { end.isEmpty ? start : "\(start) \(end)" }

  func json(_ index: Int, _ split: String) -> JSON {
    let before: [JSONObject.Member] = [
      member("ind", .integer(index)), member("activity_label", .text(label)), member("ctx_a", .text(start)),
      member("ctx_b", .text(end)), member("ctx", .text(context)), member("split", .text(split)),
      member("split_type", .text(zeroShot ? "zeroshot" : "indomain")),
    ]
    let gold = split == "test" ? [] : [member("label", .integer(right))]
    return .object(
      JSONObject(
        before + gold + [member("endings", .array(endings.map(JSON.text))), member("source_id", .text(source))]))
  }

  private func member(_ key: String, _ value: JSON) -> JSONObject.Member { .init(ByteString(key), value) }

  var instruction: Instruction {
    Instruction(
      "Please choose the correct ending to complete the given sentence: \(label): \(context)", "ending", endings,
      right: right)
  }
}

extension Grammar {
  /// Every fourth example has the form of those from WikiHow, with tags in brackets and nothing in `ctx_b`. The others
  /// describe an activity; where `ctx_b` is "then", the endings start with a comma.
  fileprivate mutating func continuation(_ index: Int) -> Continuation {
    if index % 4 == 3 {
      let (action, tool) = pick(Knowledge.tools)
      let wrong = several(3, of: Knowledge.allTools, except: [tool])
      let options = choices(tool, wrong)
      let title = pick(["Choose the right tool.", "Begin in the morning.", "Ask a friend."])
      return Continuation(
        label: pick(["Home and Garden", "Hobbies and Crafts", "Family Life"]),
        start: "[header] How to \(action) [title] \(title) [step] You need one thing only.", end: "",
        endings: options.texts.map { "Take \($0). [substeps] Hold \($0) with both hands." }, right: options.right,
        source: "wikihow~demo\(10_000 + random.below(90_000))", zeroShot: chance(30))
    }
    let activity = pick(Knowledge.activities)
    let step = 1 + random.below(activity.steps.count - 1)
    let others = Knowledge.activities.filter { $0.label != activity.label }.flatMap(\.steps)
    let options = choices(activity.steps[step], several(3, of: others, except: []))
    let (subject, pronoun) = pick([
      ("man", "he"), ("woman", "she"), ("girl", "she"), ("boy", "he"), ("cook", "the cook"),
    ])
    let name = "\(pick(["a young", "an old", "a tall", "a"])) \(subject)"
    var start = "\(name.prefix(1).uppercased())\(name.dropFirst()) \(activity.steps[step - 1])."
    if step > 1 {
      start =
        "\(name.prefix(1).uppercased())\(name.dropFirst()) \(activity.steps[step - 2]). "
        + "\(pronoun.prefix(1).uppercased())\(pronoun.dropFirst()) \(activity.steps[step - 1])."
    }
    let then = chance(25)
    return Continuation(
      label: activity.label, start: start, end: then ? "then" : pronoun,
      endings: options.texts.map { then ? ", \(pronoun) \($0)." : "\($0)." }, right: options.right,
      source: "activitynet~v_demo\(hexadecimal(7))", zeroShot: chance(30))
  }
}

extension BenchmarkSample {
  static func hellaswag(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "hellaswag")
    var used = Set<String>()
    func draw(_ count: Int) -> [Continuation] {
      grammar.distinct(count, &used, key: \.context) { grammar, index in grammar.continuation(index) }
    }
    func file(_ drawn: [Continuation], _ split: String, from first: Int) -> String {
      // The official numbers have gaps.
      PythonJSON().lines(drawn.enumerated().map { $0.element.json(first + 3 * $0.offset, split) })
    }
    let (val, train, test) = (draw(sizes.dev), draw(40), draw(sizes.test))
    return BenchmarkSample(
      task: "hellaswag", benchmark: "HellaSwag",
      format: """
        a JSON object a line, in ASCII: number, activity, context in two parts and whole, split, label (0 to 3, \
        which the test file lacks), four endings and source; a part of the contexts has tags in brackets; \
        \(Instruction.note)
        """,
      files: [
        ("hellaswag_train.jsonl", file(train, "train", from: 4)), ("hellaswag_val.jsonl", file(val, "val", from: 24)),
        ("hellaswag_test.jsonl", file(test, "test", from: 14)),
        ("llm-adapters/train.json", Instruction.file(train.map(\.instruction))),
        ("llm-adapters/test.json", Instruction.file(val.map(\.instruction))),
      ], instructions: train.map(\.instruction))
  }
}
