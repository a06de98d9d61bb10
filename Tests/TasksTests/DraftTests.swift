import Foundation
import Support
import Tasks
import TestSupport
import Testing

/// `task new`: what is guessed from a file, and that the program reads what it wrote.
@Suite struct DraftTests {
  private func draft(_ name: String, _ bytes: [UInt8], in folder: TemporaryFolder) throws -> (String, BenchmarkTask) {
    let draft = try TaskDraft(from: folder.write(name, bytes))
    return (draft.text, try TaskRegistry.find(folder.write("task.yaml", draft.text)))
  }

  private func draft(_ name: String, _ text: String) throws -> (String, BenchmarkTask) {
    try draft(name, Array(text.utf8), in: TemporaryFolder())
  }

  /// Repeats rows, with a number in place of each #, so that values look like those of a data set.
  private func rows(_ lines: String..., count: Int = 10) -> String {
    (0..<count).flatMap { number in lines.map { $0.replacingOccurrences(of: "#", with: String(number)) } }
      .joined(separator: "\n") + "\n"
  }

  @Test(arguments: [
    (
      "a.csv", "id,review,verdict\n", ["#,\"good, \"\"# \"\"\nthing\",good", "x#,bad thing #,bad"], "classification",
      ["text: review", "label: verdict", "id: id", "value: \"bad\"}  # 10 rows", "format: csv", "header: true"]
    ),
    (
      "b.tsv", "", ["text number #\t1", "other text #\t0"], "classification",
      ["text: column1", "label: column2", "columns: [column1, column2]", "CHECK: give the columns names"]
    ),
    (
      "c.csv", "sentence1,sentence2,score\n", ["a #,b #,0.5", "c #,d #,4.25"], "regression",
      ["text: sentence1", "text_pair: sentence2", "label: score", "primary_metric: pearson"]
    ),
    (
      "d.jsonl", "",
      [
        "{\"question\":\"q #\",\"choices\":[\"a\",\"b\",\"c\"],\"answer\":1}",
        "{\"question\":\"r #\",\"choices\":[\"a\",\"b\"],\"answer\":0}",
      ],
      "multiple-choice", ["text: question", "choices: \"choices[*]\"", "label: answer", "likelihood:"]
    ),
    (
      "e.csv", "question,option1,option2,answer\n", ["q #,a,b,1", "r #,a,c,2"], "multiple-choice",
      ["choices: [option1, option2]", "choice_labels: [\"1\", \"2\"]"]
    ),
    (
      "f.jsonl", "", ["{\"context\":\"the cat # sat\",\"question\":\"who?\",\"answer\":\"cat #\"}"], "span",
      ["text: question", "text_pair: context", "label: answer"]
    ),
    (
      "g.jsonl", "", ["{\"instruction\":\"do #\",\"input\":\"about #\",\"output\":\"done, number #\"}"], "text",
      ["text: \"{instruction}\\n{input}\\n\"", "label: output", "primary_metric: exact_match"]
    ),
    (
      "h.json.txt", "", ["{\"text\":\"t #\",\"label\":true}", "{\"text\":\"u #\",\"label\":false}"], "classification",
      ["format: jsonl", "value: \"true\""]
    ),
    (
      "i.csv", "text,label\n", ["a #,yes", "b #,", "c #,no"], "classification",
      ["incomplete: skip", "name: \"yes\", value: \"yes\""]
    ),
  ]) func guesses(_ name: String, _ head: String, _ lines: [String], _ kind: String, _ expected: [String]) throws {
    let body = (0..<10).flatMap { number in
      lines.map { $0.replacingOccurrences(of: "#", with: String(number)) }
    }.joined(separator: "\n")
    let folder = try TemporaryFolder()
    let (text, task) = try draft(name, Array((head + body + "\n").utf8), in: folder)
    #expect(task.kind.rawValue == kind)
    for part in expected { #expect(text.contains(part), "\(part) in:\n\(text)") }
    // The data are found beside task.yaml, and have no faults.
    for source in task.splits {
      let found = try #require(task.inspect(source, from: task.locateData(nil)))
      #expect(found.faults.count == 0, "\(found.faults.faults.map(\.message))")
    }
    let train = try task.load(.train, from: task.locateData(nil))
    let dev = try task.load(.dev, from: task.locateData(nil))
    #expect(train.available + train.skipped + dev.available + dev.skipped == 10 * lines.count)
  }

  /// What a name says beats what a neighbour's name might say, and what is doubtful is marked.
  @Test(arguments: [
    (
      "question,answer,label\n", ["what is #?,it is #,good", "who is #?,she is #,bad"],
      ["kind: classification", "text: question", "text_pair: answer", "label: label"], ""
    ),
    (
      "left,right,gold\n", ["one thing #,another #,same", "two things #,none #,other"],
      ["text: left", "text_pair: right", "label: gold"], "both texts are read, as a pair"
    ),
    ("a,b,c\n", ["hello #,you #,k", "bye #,me #,l"], ["text: a", "text_pair: b", "label: c"], "as a pair"),
    ("text,label\n", ["a #,1", "b #,1.0", "c #,0"], ["label: label"], "1 and 1.0 are one number and two labels"),
    ("{text},a}label\n", ["a #,k", "b #,l"], ["text: {field: \"{text}\"}", "label: \"a}label\""], ""),
  ]) func doubts(_ head: String, _ lines: [String], _ expected: [String], _ check: String) throws {
    let folder = try TemporaryFolder()
    let body = (0..<10).flatMap { number in
      lines.map { $0.replacingOccurrences(of: "#", with: String(number)) }
    }.joined(separator: "\n")
    let (text, task) = try draft("a.csv", Array((head + body + "\n").utf8), in: folder)
    for part in expected { #expect(text.contains(part), "\(part) in:\n\(text)") }
    #expect(check.isEmpty ? !text.contains("# CHECK: both") : text.contains(check), "\(text)")
    let found = try #require(task.inspect(task.splits[0], from: task.locateData(nil)))
    #expect(found.faults.count == 0 && found.data.first?.data.examples.isEmpty == false)
  }

  /// A label that occurs once may be a slip; the comment on incomplete rows counts all that are left out.
  @Test func rareLabelsAndIncompleteRows() throws {
    let folder = try TemporaryFolder()
    let (text, task) = try draft(
      "a.csv", Array(("text,label\n" + rows("a #,x", "b #,y") + "c,yy\nd,\ne\nf,\n").utf8), in: folder)
    #expect(text.contains("yy occurs once") && text.contains("and says so: 3 here"), "\(text)")
    let data = try [Split.train, .dev].map { try task.load($0, from: task.locateData(nil)) }
    #expect(data.map(\.skipped) == [3, 0])
  }

  /// A language model can compare labels that are words, whatever stands in them; an encoder still gets a classifier.
  @Test func likelihoodOfLabels() throws {
    let folder = try TemporaryFolder()
    let csv = "a text,b,kind\n" + rows("x #,y #,\"{bad}, \"\"x\"\"\"", "z #,w #,good")
    let (text, task) = try draft("a.csv", Array(csv.utf8), in: folder)
    #expect(task.protocols == [.classification, .likelihood], "\(text)")
    let first = try task.load(.train, from: task.locateData(nil), for: .likelihood).examples[0]
    let context = "x 0\ny 0\nQuestion: What is the kind, good or {bad}, \"x\"?\nAnswer:"
    #expect(
      first.inputs.map { [$0.first, $0.second ?? []].map { String(decoding: $0, as: UTF8.self) } } == [
        [context, " good"], [context, " {bad}, \"x\""],
      ])
  }

  /// Numbers say nothing to a language model; with the marks of a comment removed the lines are right.
  @Test func likelihoodOfNumbers() throws {
    let folder = try TemporaryFolder()
    let (text, task) = try draft(
      "a.csv", Array(("question1,question2,label\n" + rows("x #,y #,0", "z #,w #,1")).utf8), in: folder)
    #expect(task.protocols == [.classification])
    var (lines, isPart) = ([String](), false)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      isPart = line == "# likelihood:" || isPart && line.hasPrefix("#   ")
      lines.append(String(isPart ? line.dropFirst(2) : line))
    }
    let edited = try TaskRegistry.find(folder.write("task.yaml", lines.joined(separator: "\n")))
    #expect(edited.protocols == [.classification, .likelihood], "\(text)")
    let first = try edited.load(.train, from: edited.locateData(nil), for: .likelihood).examples[0]
    #expect(first.inputs[0].first == Array("x 0\ny 0\nQuestion: What is the label, 0 or 1?\nAnswer:".utf8))
  }

  /// The records inside an object, as SQuAD has them.
  @Test func nestedRecords() throws {
    let question = #"{"id":"1","question":"who?","answers":[{"text":"Ann","answer_start":0}]}"#
    let file =
      #"{"version":"x","data":[{"title":"t","paragraphs":[{"context":"Ann sat","qas":[\#(question),\#(question)]}]}]}"#
    let (text, task) = try draft("s.json", file)
    #expect(task.kind == .span && text.contains("records: \"data[*].paragraphs[*].qas[*]\""))
    #expect(text.contains("answer_starts: \"answers[*].answer_start\"") && text.contains("text_pair: context"))
  }

  /// Files beside that are named as other splits are used, and a compressed one is named without its ending.
  @Test func siblings() throws {
    let folder = try TemporaryFolder()
    let body = "text,label\n" + rows("a #,x", "b #,y")
    try folder.write("train.csv", body)
    try folder.write("valid.csv", body)
    try folder.write("test.csv", "text\na\n")
    let draft = try TaskDraft(from: folder.path + "/train.csv")
    #expect(draft.text.contains("dev: {file: valid.csv, header: true}") && draft.text.contains("test: {file: test.csv"))
    #expect(!draft.text.contains("hold_out") && draft.checks.isEmpty)
  }

  /// Names of splits are the same in any case, as in Train.csv.
  @Test(arguments: [
    ("Train.csv", "Dev.csv", "Test.csv"), ("ARC-Easy-Train.csv", "ARC-Easy-Dev.csv", "ARC-Easy-Test.csv"),
  ])
  func siblingsInAnyCase(_ train: String, _ dev: String, _ test: String) throws {
    let folder = try TemporaryFolder()
    let body = "text,label\n" + rows("a #,x", "b #,y")
    for name in [train, dev, test] { try folder.write(name, body) }
    let text = try TaskDraft(from: folder.path + "/" + train).text
    #expect(text.contains("dev: {file: \(dev), header") && text.contains("test: {file: \(test), header"), "\(text)")
  }

  /// Numbers from 1 to 3 may be four choices counted from 0 or from 1.
  @Test func numbersThatMayCountFromEither() throws {
    let choices = #""choices":["a","b","c","d"]"#
    func file(_ answers: [Int]) -> String {
      answers.map { #"{"question":"q \#($0)",\#(choices),"answer":\#($0)}"# + "\n" }.joined()
    }
    let (unsure, _) = try draft("a.jsonl", file([1, 2, 3, 1, 2, 3]))
    #expect(unsure.contains("CHECK: neither 0 nor 4 occurs") && unsure.contains("choice_labels: [\"1\", "), "\(unsure)")
    for answers in [[0, 1, 2, 3, 1, 2], [1, 2, 3, 4, 1, 2]] {
      #expect(try !draft("a.jsonl", file(answers)).0.contains("CHECK: neither"))
    }
  }

  /// A label that is also a usual name, such as spam, makes no header of a row; one usual name alone is not sure.
  @Test func headersAndLabels() throws {
    let (messages, task) = try draft("a.tsv", "spam\tnow you #\n" + rows("ham\tok #", "spam\twin #"))
    #expect(messages.contains("columns: [column1, column2]") && task.kind == .classification, "\(messages)")
    let (unsure, _) = try draft("a.tsv", "text\tfrom\n" + rows("ok #\tx#", "win #\ty#"))
    #expect(unsure.contains("header: true") && unsure.contains("CHECK: if the first line is an example"), "\(unsure)")
    let (sure, _) = try draft("a.tsv", "text\tfrom\n" + rows("ok #\tx", "win #\ty"))
    #expect(sure.contains("header: true") && !sure.contains("CHECK: if the first line"), "\(sure)")
  }

  /// A task is written whatever the file, and says what to look at.
  @Test(arguments: [
    "just a line\nand another\n", "a,b\n1,2\n", "x\n", "{\"a\":1}\n{\"a\":2}\n", "text,label\na,\n",
    "é,ü\nß,\"\"\"\"\n",
  ]) func poorFiles(_ text: String) throws {
    let (draft, _) = try draft("poor", text)
    #expect(draft.contains("# CHECK"))
  }

  @Test(arguments: ["", "[]", "{\"a\":", "a;b;c\n1;2;3\n", "[1"]) func brokenFiles(_ text: String) throws {
    let folder = try TemporaryFolder()
    #expect { try TaskDraft(from: folder.write("broken.json", text)) } throws: { ($0 as? TaskError)?.message != nil }
    #expect { try TaskDraft(from: folder.write("broken.csv", text)) } throws: { ($0 as? TaskError)?.message != nil }
  }
}

/// docs/tasks.md is true: the program reads its examples.
@Suite struct ReferenceTests {
  @Test func wholeExamplesAreRead() throws {
    let text = String(decoding: try Files.read(SharedData.packageRoot + "/docs/tasks.md"), as: UTF8.self)
    let blocks = text.components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    let kinds = try blocks.filter { $0.hasPrefix("name: ") }.map { block in
      let folder = try TemporaryFolder()
      return try TaskRegistry.find(folder.write("task.yaml", block)).kind
    }
    #expect(Set(kinds) == Set(TaskKind.allCases) && kinds.count == TaskKind.allCases.count)
  }

  /// Every metric and every filter is in the reference.
  @Test func allNamesAreThere() throws {
    let text = String(decoding: try Files.read(SharedData.packageRoot + "/docs/tasks.md"), as: UTF8.self)
    for name in Metric.all.map(\.name) + ProtocolKind.allCases.map(\.rawValue) {
      #expect(text.contains("`\(name)`"), "\(name)")
    }
  }
}
