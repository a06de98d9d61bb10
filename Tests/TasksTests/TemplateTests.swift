import Foundation
import Support
import Tasks
import TestSupport
import Testing

/// Texts that `task.yaml` makes of fields, through a task of its own.
@Suite struct TemplateTests {
  /// The text that a template makes of a record.
  private func render(_ template: String, _ record: String) throws -> String {
    let folder = try TemporaryFolder()
    let yaml = """
      name: own
      kind: text
      format: jsonl
      splits: {test: {file: test.jsonl}}
      text: \(template)
      label: answer
      metrics: [accuracy]
      primary_metric: accuracy
      """
    try Files.writeAtomically(folder.path + "/task.yaml", Array(yaml.utf8))
    try Files.writeAtomically(folder.path + "/test.jsonl", Array((record + "\n").utf8))
    let task = try TaskRegistry.find(folder.path)
    let example = try task.load(.test, from: folder.path).examples[0]
    return String(decoding: example.inputs[0].first, as: UTF8.self)
  }

  @Test(arguments: [
    ("q", #"{"q": "What?"}"#, "What?"), (#""Q: {q}\nA:""#, #"{"q": "What?"}"#, "Q: What?\nA:"),
    (#""{{{q}}}""#, #"{"q": "x"}"#, "{x}"), (#""{q|strip}.""#, #"{"q": " \u00a0x\t"}"#, "x."),
    (#""{q|capitalize}""#, #"{"q": "élan VITAL"}"#, "Élan vital"), (#""{q|capitalize}""#, #"{"q": ""}"#, ""),
    (#""{q|before:_}X{q|after:_|strip}""#, #"{"q": "the _ is_ red"}"#, "the Xis_ red"),
    (#""{q|before:_}""#, #"{"q": "no mark"}"#, "no mark"), (#""{q|after:_}""#, #"{"q": "no mark"}"#, ""),
    (#""{q|full-stop}""#, #"{"q": "so"}"#, "so."), (#""{q|full-stop}""#, #"{"q": "so."}"#, "so."),
    (#""{c[*].t|lettered}""#, #"{"c": [{"t": "x"}, {"t": "y"}]}"#, "A. x\nB. y"),
    (#""{q|options|lettered}""#, #"{"q": "(A) one(B) a (B) two"}"#, "A. one(B) a\nB. two"),
    (#""{q|options|lettered}""#, #"{"q": "(A) one (B) two (C) three"}"#, "A. one\nB. two\nC. three"),
    (
      "{template: '{a}: {b}', filters: [wikihow]}", #"{"a": " How", "b": "to [title] go [step] on  far [x"}"#,
      "How: to. go on far [x"
    ),
    (
      #""{q|llm-adapters}""#, #"{"q": "Do."}"#,
      "Below is an instruction that describes a task. Write a response that appropriately completes the request. \n\n"
        + "                ### Instruction:\n                Do.\n\n                ### Response:\n                "
    ),
  ]) func renders(_ template: String, _ record: String, _ expected: String) throws {
    #expect(try render(template, record) == expected)
  }

  @Test(arguments: [
    (#""{q""#, "{ without }"), (#""q}""#, "} without {"), (#""{q|shout}""#, "filter shout is unknown"),
    (#""{}""#, "between the braces"),
  ]) func faults(_ template: String, _ expected: String) {
    #expect { try render(template, #"{"q": "x"}"#) } throws: { error in
      let fault = error as? TaskError
      return fault?.message.contains(expected) == true && fault?.message.contains("task.yaml:5") == true
    }
  }

  /// Brackets that nothing closes cost no more than their number.
  @Test(.timeLimit(.minutes(1))) func bracketsWithoutEnd() throws {
    let text = String(repeating: "[", count: 1_000_000)
    #expect(try render(#""{a|wikihow}""#, "{\"a\": \"\(text)\"}") == text)
    #expect(try render(#""{a|wikihow}""#, #"{"a": "x [[y\n[z] w]"}"#) == "x [[y\n w]")
  }

  @Test func listsOfTwoLengthsAreAFault() {
    #expect { try render(#""{a[*]}{b[*]|strip}""#, #"{"a": ["x", "y", "z"], "b": ["x", "y"]}"#) } throws: { error in
      (error as? TaskError)?.message.contains("gives 2 texts beside 3 of another field") == true
    }
  }

  @Test func aFieldThatIsAbsentIsNamed() {
    #expect { try render(#""{q}""#, #"{"r": "x"}"#) } throws: { error in
      (error as? TaskError)?.message.contains("test.jsonl:1: q: is absent or null") == true
    }
  }
}

/// Answers in generated text, as LLM-Adapters' `extract_answer` reads them.
@Suite struct ExtractionTests {
  @Test(arguments: [
    ("the correct answer is true", "true"), ("not false but true", "false"), ("True", nil), ("", nil),
    ("falsetrue", "false"), ("maybe ### Response: true", nil), ("true ### Response: false", "true"),
  ]) func booleans(_ text: String, _ expected: String?) throws {
    let task = try TaskRegistry.find(SharedData.packageRoot + "/tasks/boolq/task.yaml", format: "llm-adapters")
    let answer = task.extraction(of: nil).answer(in: Array(text.utf8))
    #expect(answer.map { String(decoding: $0, as: UTF8.self) } == expected)
  }

  /// Random texts, by Python's regular expressions.
  @Test func randomTexts() throws {
    let cases = try #require(try JSON.parse(Files.read(SharedData.fixture("extraction.json")))["cases"]?.array)
    #expect(cases.count == 230)
    for item in cases {
      let parts = try #require(item.array).map { $0.bytes?.bytes ?? [] }
      let path = SharedData.packageRoot + "/tasks/\(String(decoding: parts[0], as: UTF8.self))/task.yaml"
      let found = try TaskRegistry.find(path, format: "llm-adapters").extraction(of: nil).answer(in: parts[1])
      #expect(found ?? [] == parts[2], "\(ByteString(bytes: parts[1]))")
    }
  }

  /// Of answers that begin at one place, the first listed counts, as of a regular expression's alternatives.
  @Test func answersThatBeginAlike() throws {
    let folder = try TemporaryFolder()
    let yaml = """
      name: own
      kind: text
      format: jsonl
      splits: {test: {file: test.jsonl}}
      text: q
      label: a
      extract: ["yes", "yes sir", "a yes"]
      metrics: [accuracy]
      primary_metric: accuracy
      """
    let task = try TaskRegistry.find(folder.write("task.yaml", yaml))
    #expect(task.extraction(of: .test).answer(in: Array("so yes sir".utf8)) == Array("yes".utf8))
    #expect(task.extraction(of: .test).answer(in: Array("a yes sir".utf8)) == Array("a yes".utf8))
  }

  /// Where a task lists no answers, the whole text is the answer.
  @Test(arguments: [(" Paris.\n", "Paris."), ("a ### Response: b", "a"), (" \u{a0}\n", nil), ("### Response:x", nil)])
  func wholeTexts(_ text: String, _ expected: String?) throws {
    let folder = try TemporaryFolder()
    let yaml = """
      name: own
      kind: text
      format: jsonl
      splits: {test: {file: test.jsonl}}
      text: q
      label: a
      metrics: [accuracy]
      primary_metric: accuracy
      """
    let task = try TaskRegistry.find(folder.write("task.yaml", yaml))
    let found = task.extraction(of: .test).answer(in: Array(text.utf8))
    #expect(found.map { String(decoding: $0, as: UTF8.self) } == expected)
  }

  /// A split of a mix has answers of its own.
  @Test func splits() throws {
    let task = try TaskRegistry.find(SharedData.packageRoot + "/tasks/commonsense_170k/task.yaml")
    let text = Array("true, solution2".utf8)
    let split = try #require(Split("test_piqa"))
    #expect(task.extraction(of: split).answer(in: text) == Array("solution2".utf8))
    #expect(task.extraction(of: nil).answer(in: text) == Array("true".utf8))
  }
}

/// Every task that is shipped: its description, its formats and its sample.
@Suite struct ShippedTaskTests {
  private static let names: [String] =
    (try? Files.entries(SharedData.packageRoot + "/tasks").filter {
      Files.exists(SharedData.packageRoot + "/tasks/\($0)/task.yaml")
    }.sorted()) ?? []

  @Test func allAreThere() {
    let expected = [
      "arc_challenge", "arc_easy", "ax", "boolq", "cola", "commonsense_15k", "commonsense_170k", "commonsense_qa",
      "hellaswag", "mnli", "mrpc", "openbookqa", "piqa", "qnli", "qqp", "rte", "siqa", "squad", "squad_v2", "sst2",
      "stsb", "winogrande", "wnli",
    ]
    #expect(ShippedTaskTests.names == expected)
  }

  @Test(arguments: names) func samples(_ name: String) throws {
    let path = SharedData.packageRoot + "/tasks/\(name)/task.yaml"
    for format in [nil, "llm-adapters"] {
      guard let task = try? TaskRegistry.find(path, format: format) else {
        #expect(format != nil, "\(name) has no valid task.yaml")
        continue
      }
      let location = try task.locateData(nil)
      #expect(location.source == .sample)
      for source in task.splits {
        // Where a tenth is held out from training, both parts are smaller.
        let isDivided = format != nil || name.hasPrefix("commonsense_1")
        let least = !isDivided || source.split.isTest ? 30 : source.split.isDev ? 3 : 27
        for kind in task.protocols {
          let data = try task.load(source.split, from: location, for: kind)
          #expect(data.examples.count >= least, "\(name) \(source.split.name)")
        }
      }
    }
  }
}
