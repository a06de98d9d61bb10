import Support
import Tasks
import TestSupport
import Testing

/// What a task of one's own makes of its rows.
@Suite struct OwnTaskTests {
  private func load(
    _ yaml: String, _ rows: String, as split: Split = .dev, for kind: ProtocolKind? = nil, limit: Int? = nil,
    files: [String: String] = [:]
  ) throws -> SplitData {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "task.yaml",
      "name: own\nsplits: {train: {file: a.jsonl}, dev: {file: a.jsonl}, test: {file: a.jsonl}}\n"
        + "format: jsonl\nprimary_metric: METRIC\nmetrics: [METRIC]\n".replacingMetric(in: yaml) + yaml)
    try folder.write("a.jsonl", rows)
    for (name, text) in files { try folder.write(name, text) }
    return try TaskRegistry.find(path).load(split, from: folder.path, for: kind, limit: limit)
  }

  private func texts(_ example: Example) -> [[String]] {
    example.inputs.map { [$0.first, $0.second ?? []].map { String(decoding: $0, as: UTF8.self) } }
  }

  private static let choices = """
    kind: multiple-choice
    text: q
    choices: ["{a|strip}", b]
    label: right
    likelihood: {context: "Q: {q}\\nA:"}
    """

  @Test func choicesAreNumberedFromZero() throws {
    let rows =
      #"{"q": "Q?", "a": " x ", "b": "y", "right": 1}"# + "\n" + #"{"q": "R?", "a": "", "b": "", "right": "0"}"#
    let pairs = try load(Self.choices, rows + "\n")
    #expect(texts(pairs.examples[0]) == [["Q?", "x"], ["Q?", "y"]])
    #expect(pairs.examples.map(\.answer) == [.label(1), .label(0)])
    #expect(pairs.examples[0].choiceNames.map { String(decoding: $0, as: UTF8.self) } == ["0", "1"])
    let likely = try load(Self.choices, rows, for: .likelihood)
    #expect(texts(likely.examples[0]) == [["Q: Q?\nA:", " x"], ["Q: Q?\nA:", " y"]])
  }

  @Test func contextsOfTheirOwn() throws {
    let yaml = """
      kind: multiple-choice
      text: q
      choices: [a, b]
      choice_labels: [one, two]
      label: right
      likelihood: {context: ["{a}-", "{b}-"], choices: ["{q|after:_|strip}"], separator: "/"}
      """
    let rows = #"{"q": "x _ end.", "a": "A", "b": "B", "right": "two"}"#
    let found = try load(yaml, rows, for: .likelihood).examples[0]
    #expect(texts(found) == [["A-", "/end."], ["B-", "/end."]])
    #expect(found.answer == .label(1))
  }

  @Test(arguments: [
    (#"{"q": "Q?", "a": "x", "b": "y", "right": 2}"#, "found \"2\", expected 0 or 1"),
    (#"{"q": "Q?", "a": "x", "b": "y"}"#, "right: is absent or null"),
    (#"{"q": "Q?", "a": "x", "right": 0}"#, "b: is absent or null"),
    (#"{"a": "x", "b": "y", "right": 0}"#, "q: is absent"),
  ]) func faults(_ row: String, _ expected: String) {
    #expect { try load(Self.choices, row) } throws: { ($0 as? TaskError)?.message.contains(expected) == true }
  }

  @Test func oneChoiceIsNone() {
    let yaml = Self.choices.replacing("[\"{a|strip}\", b]", with: "\"c[*]\"")
    #expect { try load(yaml, #"{"q": "Q?", "c": ["x"], "right": 0}"#) } throws: {
      ($0 as? TaskError)?.message.contains("found 1 choices, expected at least two") == true
    }
  }

  /// A row may have fewer choices than there are labels, but its answer must be one of them.
  @Test func labelsInAList() throws {
    let yaml = "kind: multiple-choice\ntext: q\nchoices: \"c[*]\"\nchoice_labels: [A, B, C]\nlabel: right\n"
    func row(_ choices: Int, _ right: String) -> String {
      let texts = (0..<choices).map { "\"c\($0)\"" }.joined(separator: ", ")
      return #"{"q": "Q?", "right": "\#(right)", "c": [\#(texts)]}"#
    }
    let found = try load(yaml, row(2, "B")).examples[0]
    #expect(found.answer == .label(1) && found.choiceNames == [Array("A".utf8), Array("B".utf8)])
    for (row, expected) in [
      (row(2, "C"), "a.jsonl:1: label: found \"C\", expected A or B"),
      (row(4, "A"), "a.jsonl:1: choice_labels: found 4 choices for the 3 labels"),
    ] {
      #expect { try load(yaml, row) } throws: { ($0 as? TaskError)?.message.contains(expected) == true }
    }
  }

  /// Every text that a language model is to compare stands for one answer.
  @Test func textsForEachAnswer() throws {
    let yaml = Self.choices + "\n"
    let uneven = yaml.replacing(
      "likelihood: {context: ", with: "likelihood: {choices: [\"{a}\", \"{b}\", \"{q}\"], context: ")
    #expect { try load(uneven, #"{"q": "Q?", "a": "x", "b": "y", "right": 1}"#, for: .likelihood) } throws: {
      ($0 as? TaskError)?.message.contains("likelihood: found 3 texts for 2 answers") == true
    }
  }

  /// Held-out rows must be those that training leaves out.
  @Test(arguments: [
    ("train: {file: a.jsonl}, dev: {file: ./a.jsonl, hold_out: 2}", nil),
    (
      "train: {file: a.jsonl}, dev: {file: a.jsonl, hold_out: 2}, dev_b: {file: x/../a.jsonl}", "inside the data folder"
    ),
    ("train: {file: a.jsonl, hold_out: 2}, dev: {file: b.jsonl}", "train: key hold_out: only a dev split"),
    (
      "train: {file: a.jsonl}, dev: {file: b.jsonl}, test: {file: a.jsonl, hold_out: 2}",
      "test: key hold_out: only a dev split"
    ),
    ("train: {file: a.jsonl}, dev: {file: b.jsonl, hold_out: 2}", "train does not read b.jsonl"),
    ("train: {file: a.jsonl}, dev: {file: a.jsonl, incomplete: skip, hold_out: 2}", "other keys"),
    ("train: {file: a.jsonl}, dev: {file: a.jsonl, labels: a.lst, hold_out: 2}", "other keys"),
    (
      "train: {file: a.jsonl}, dev_a: {file: a.jsonl, hold_out: 2}, dev_b: {file: a.jsonl, hold_out: 3}",
      "dev_b: key hold_out: found 3"
    ),
    ("train: {file: a.jsonl}, dev_a: {file: a.jsonl, hold_out: 2}, dev_b: {file: a.jsonl, hold_out: 2}", nil),
  ]) func heldOutRowsDoNotLeak(_ splits: String, _ expected: String?) throws {
    let folder = try TemporaryFolder()
    try folder.write("a.jsonl", (0..<40).map { #"{"q": "\#($0)", "a": "x"}"# + "\n" }.joined())
    let path = try folder.write(
      "task.yaml",
      "name: own\nkind: text\nformat: jsonl\nsplits: {\(splits)}\ntext: q\nlabel: a\nmetrics: [accuracy]\n"
        + "primary_metric: accuracy\n")
    guard let expected else {
      #expect(try TaskRegistry.find(path).load(.train, from: folder.path).examples.count == 38)
      return
    }
    let fault = #expect(throws: TaskError.self) { try TaskRegistry.find(path) }
    #expect(fault?.message.contains(expected) == true, "\(fault?.message ?? "")")
  }

  /// A file of one's own is read with the answers of the test split that it stands for.
  @Test func ownFilesAreOfTheirSplit() throws {
    let folder = try TemporaryFolder()
    let own = try folder.write("own.jsonl", #"{"q": "x"}"# + "\n")
    let path = try folder.write(
      "task.yaml",
      "name: own\nkind: text\nformat: jsonl\nsplits: {test_a: {file: a.jsonl, extract: [yes, no]}}\ntext: q\n"
        + "label: a\nmetrics: [accuracy]\nprimary_metric: accuracy\n")
    let task = try TaskRegistry.find(path)
    let split = try #require(Split("test_a"))
    #expect(try task.load(file: own, as: split, for: .generation).split == split)
  }

  /// Many keys cost no more than their number.
  @Test(.timeLimit(.minutes(1))) func manyKeys() throws {
    let keys = (0..<100_000).map { "k\($0): 1\n" }.joined()
    #expect(throws: TaskError.self) { try TaskRegistry.find(TemporaryFolder().write("task.yaml", keys)) }
  }

  @Test func labelsOfChoices() throws {
    let yaml = "kind: multiple-choice\ntext: q\nchoices: \"c[*].t\"\nchoice_labels: \"c[*].l\"\nlabel: right\n"
    let data = try load(yaml, #"{"q": "Q?", "right": "D", "c": [{"t": "x", "l": "C"}, {"t": "y", "l": "D"}]}"#)
    #expect(data.examples[0].answer == .label(1))
    #expect {
      try load(
        yaml.replacing("c[*].l", with: "l"), #"{"q": "Q?", "right": "D", "c": [{"t": "x"}, {"t": "y"}], "l": ["D"]}"#)
    } throws: { ($0 as? TaskError)?.message.contains("found 1 labels, expected 2") == true }
  }

  @Test(arguments: [
    ("3.8", 3.8), ("\"-1e2\"", -100), ("\"\"", nil), ("\"nan\"", nil), ("\"inf\"", nil), ("\"4,5\"", nil),
  ])
  func numbers(_ value: String, _ expected: Double?) throws {
    let yaml = "kind: regression\ntext: a\ntext_pair: b\nlabel: y\n"
    let row = #"{"a": "x", "b": "y", "y": \#(value)}"#
    guard let expected else {
      #expect { try load(yaml, row) } throws: { ($0 as? TaskError)?.message.contains("expected a number") == true }
      return
    }
    #expect(try load(yaml, row).examples[0].answer == .number(expected))
  }

  private static let span = "kind: span\ntext: q\ntext_pair: c\nlabel: a\n"

  /// Starts count Unicode code points. Where other text stands at a start, the nearest occurrence counts.
  @Test(arguments: [
    ("é x x x", 2, 3), ("é x x x", 4, 5), ("é x x x", 3, 3), ("é x x x", 99, 7), ("x é x", -1, 0), ("x", 1, 0),
    ("😀 x é", 2, 5),
  ]) func starts(_ context: String, _ start: Int, _ expected: Int) throws {
    let row = #"{"q": "Q", "c": "\#(context)", "a": ["x"], "s": [\#(start)]}"#
    let found = try load(Self.span + "answer_starts: s\n", row).examples[0]
    #expect(found.answer == .spans([AnswerSpan(text: [UInt8(ascii: "x")], start: expected)]))
  }

  @Test func noAnswers() throws {
    let row = #"{"q": "Q", "c": "a b", "a": []}"#
    #expect { try load(Self.span, row) } throws: { ($0 as? TaskError)?.message.contains("no_answer: true") == true }
    #expect(try load(Self.span + "no_answer: true\n", row).examples[0].answer == .spans([]))
    #expect(try load(Self.span, row, as: .test).examples[0].answer == nil)
    #expect(try load(Self.span, #"{"q": "Q", "c": "a b"}"#, as: .test).examples[0].answer == nil)
    // An empty answer among others counts for nothing.
    let found = try load(Self.span, #"{"q": "Q", "c": "a b", "a": ["", "b"]}"#).examples[0]
    #expect(found.answer == .spans([AnswerSpan(text: [UInt8(ascii: "b")], start: 2)]))
  }

  @Test(arguments: [
    (#"{"q": "Q", "c": "a b", "a": ["z"], "s": [0]}"#, "does not stand in the passage"),
    (#"{"q": "Q", "c": "a b", "a": ["a"], "s": [0, 1]}"#, "found 2 starts for 1 answers"),
    (#"{"q": "Q", "c": "a b", "s": []}"#, "expected the right answers"),
  ]) func wrongSpans(_ row: String, _ expected: String) {
    #expect { try load(Self.span + "answer_starts: s\n", row) } throws: {
      ($0 as? TaskError)?.message.contains(expected) == true
    }
  }

  /// A held-out part is at most a tenth and no part of the rest. The rows are those that `split_mix` of
  /// Tools/compare_protocols.py puts first.
  @Test(arguments: [
    (100, 7, [10, 18, 21, 48, 68, 82, 83]), (30, 7, [10, 18, 21]), (5, 7, [3]),
  ]) func heldOut(_ count: Int, _ asked: Int, _ expected: [Int]) throws {
    let folder = try TemporaryFolder()
    try folder.write("a.jsonl", (0..<count).map { #"{"q": "\#($0)", "a": "x"}"# + "\n" }.joined())
    let yaml = """
      name: own
      kind: text
      format: jsonl
      splits: {train: {file: a.jsonl}, dev: {file: a.jsonl, hold_out: \(asked)}}
      text: q
      label: a
      metrics: [accuracy]
      primary_metric: accuracy
      """
    let task = try TaskRegistry.find(folder.write("task.yaml", yaml))
    let data = try [Split.train, .dev].map { try task.load($0, from: folder.path) }
    let parts = data.map { data in
      data.examples.map {
        Int(String(decoding: $0.inputs[0].first, as: UTF8.self)) ?? -1
      }
    }
    #expect(parts[1] == expected)
    #expect(data.map(\.heldOut) == [expected.count, 0])
    #expect(data[1].heldOutAsked == (expected.count < asked ? asked : nil))
    #expect((parts[0] + parts[1]).sorted() == Array(0..<count))
  }

  /// A file of labels has one for each example. A sample stays a sample where its folder is named.
  @Test func filesOfLabels() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.jsonl", #"{"q": "x"}"# + "\n" + #"{"q": "y"}"# + "\n")
    let yaml = """
      name: own
      kind: classification
      format: jsonl
      splits: {train: {file: a.jsonl, labels: a.lst}, dev: {file: a.jsonl, labels: a.lst}}
      text: q
      label: a
      labels: [{name: "no", value: "0"}, {name: "yes", value: "1"}]
      metrics: [accuracy]
      primary_metric: accuracy
      """
    let task = try TaskRegistry.find(folder.write("task.yaml", yaml))
    try folder.write("a.lst", "1\n0\n")
    #expect(try task.load(.dev, from: folder.path).examples.map(\.answer) == [.label(1), .label(0)])
    for labels in ["1\n", "1\n0\n1\n"] {
      try folder.write("a.lst", labels)
      #expect { try task.load(.dev, from: folder.path) } throws: {
        ($0 as? TaskError)?.message.contains("labels, expected 2, one for each example of") == true
      }
    }
    let cola = try TaskRegistry.find(SharedData.packageRoot + "/tasks/cola/task.yaml")
    #expect(try cola.locateData(SharedData.packageRoot + "/tasks/cola/sample").source == .sample)
  }

  /// Answers that the rule of extraction could never read are a fault.
  @Test func targets() throws {
    let yaml = "kind: text\ntext: q\nlabel: a\ntarget: \"so {a}\"\nextract: [\"yes\", \"no\"]\n"
    let found = try load(yaml, #"{"q": "Q", "a": "no"}"#).examples[0]
    #expect(texts(found) == [["Q", "so no"]] && found.answer == .text(Array("no".utf8)))
    #expect(
      texts(try load(yaml.replacing("target: \"so {a}\"\n", with: ""), #"{"q": "Q", "a": "no"}"#).examples[0])
        == [["Q", "no"]])
    #expect { try load(yaml, #"{"q": "Q", "a": "maybe"}"#) } throws: {
      ($0 as? TaskError)?.message.contains("expected yes or no") == true
    }
    #expect { try load(yaml, #"{"q": "Q"}"#) } throws: { ($0 as? TaskError)?.message.contains("a: is absent") == true }
  }
}

extension String {
  /// A metric that the kind of a task has.
  fileprivate func replacingMetric(in yaml: String) -> String {
    let metric = yaml.contains("kind: span") ? "f1" : yaml.contains("kind: regression") ? "pearson" : "accuracy"
    return replacing("METRIC", with: metric)
  }
}
