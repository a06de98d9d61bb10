import Foundation
import Support
import Tasks
import TestSupport
import Testing

extension BenchmarkTask {
  /// Loads a split of the data at a path.
  func load(_ split: Split, from folder: String, for kind: ProtocolKind? = nil, limit: Int? = nil) throws -> SplitData {
    try load(split, from: locateData(folder), for: kind, limit: limit)
  }
}

@Suite struct TaskTests {
  private func task(_ name: String) throws -> BenchmarkTask {
    try TaskRegistry.find(SharedData.packageRoot + "/tasks/\(name)/task.yaml")
  }

  private func temporary(_ files: [String: [UInt8]]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, bytes) in files { try folder.write(name, bytes) }
    return folder
  }

  @Test func textIsKeptByteForByte() throws {
    let text = "a\t1\t\t \"quoted\" e\u{301} \u{e9} \r\nb\t0\t*\t'x'\n"
    let folder = try temporary(["train.tsv": Array(text.utf8)])
    let examples = try task("cola").load(.train, from: folder.path).examples
    #expect(
      examples.map { String(decoding: $0.inputs[0].first, as: UTF8.self) } == [" \"quoted\" e\u{301} \u{e9} ", "'x'"])
    #expect(examples.map(\.answer) == [.label(1), .label(0)])
  }

  @Test(arguments: [
    ("", "holds no examples"), ("a\t1\tx\n", ":1: found 3"),
    ("a\t1\t\tok\nb\t2\t\tx\n", ":2: label: found \"2\", expected 0 or 1"),
    ("a\tx\t\tok\n", "label: found \"x\""), ("a\t1\t\tok\n\nb\t\t\tx\n", ":2: found 1"), ("a\t1\t\to\0k\n", "NUL"),
  ]) func badLines(_ text: String, expected: String) throws {
    let folder = try temporary(["train.tsv": Array(text.utf8)])
    #expect { try task("cola").load(.train, from: folder.path) } throws: { error in
      let fault = error as? TaskError
      return fault?.exitStatus == .badInput && fault?.message.contains(expected) == true
        && fault?.message.contains("train.tsv") == true
    }
  }

  @Test func invalidUTF8NamesTheLine() throws {
    let folder = try temporary(["train.tsv": Array("a\t1\t\tok\nb\t1\t\t".utf8) + [0xC3, 0x28, 0x0A]])
    #expect { try task("cola").load(.train, from: folder.path) } throws: {
      ($0 as? TaskError)?.message.contains("train.tsv:2") == true
    }
  }

  /// A limit takes the first examples, and says how many there were.
  @Test func limit() throws {
    let folder = SharedData.fixture("data/cola")
    let (all, some) = (
      try task("cola").load(.train, from: folder), try task("cola").load(.train, from: folder, limit: 3)
    )
    #expect(all.examples.count > 3 && some.available == all.examples.count)
    #expect(some.examples.map(\.index) == [0, 1, 2])
    #expect(some.examples.map(\.line) == all.examples.prefix(3).map(\.line))
  }

  @Test func missingIsMissing() throws {
    #expect { try task("cola").load(.train, from: "/nope") } throws: { ($0 as? TaskError)?.exitStatus == .missingInput }
    #expect { try TaskRegistry.find("/nope/task.yaml") } throws: { ($0 as? TaskError)?.exitStatus == .missingInput }
    #expect { try task("cola").locateData("/nope") } throws: { ($0 as? TaskError)?.exitStatus == .missingInput }
    #expect(try task("cola").locateData(nil).source == .sample)
  }

  /// Each fault in a description names its line.
  @Test(arguments: [
    ("kind: classification", "kind: poetry", "poetry"), ("format: tsv", "format: tsv\nfrobnicate: 1", "frobnicate"),
    ("text: sentence", "text: sentence\ntext: other", "twice"), ("value: \"1\"", "value: \"0\"", "twice"),
    ("metrics: [matthews_correlation, accuracy]", "metrics: [accuracy]", "primary_metric"),
    ("train: {file: train.tsv", "train: {file: ../x", "inside the data folder"), ("name: cola", "name: [", "YAML"),
    ("epochs: 3", "epochs: no", "positive"), ("labels:", "label_s:", "label_s"),
    ("epochs: 3", "epochs: 1e30", "million"), ("name: cola", "name: my/task", "found \"my/task\", expected letters"),
    ("name: cola", "name: ..", "expected letters"),
    ("{name: acceptable, value: \"1\"}", "acceptable", "labels: [{name: no"),
    ("name: acceptable", "name: \"a\\tb\"", "control characters"),
    ("[matthews_correlation, accuracy]", "[matthews_correlation, accuracy, accuracy]", "given twice"),
  ]) func badDescriptions(_ from: String, _ to: String, expected: String) throws {
    let text = String(decoding: try Files.read(SharedData.packageRoot + "/tasks/cola/task.yaml"), as: UTF8.self)
    let place = try #require(text.range(of: from))
    let folder = try temporary(["task.yaml": Array(text.replacingCharacters(in: place, with: to).utf8)])
    #expect { try TaskRegistry.find(folder.path + "/task.yaml") } throws: { error in
      let fault = error as? TaskError
      return fault?.exitStatus == .badInput && fault?.message.contains(expected) == true
    }
  }

  /// A label written `no` is the text "no", not a boolean.
  @Test func yamlWordsStayWords() throws {
    let text = String(decoding: try Files.read(SharedData.packageRoot + "/tasks/cola/task.yaml"), as: UTF8.self)
    let edited = text.components(separatedBy: "value: \"0\"").joined(separator: "value: no")
    let folder = try temporary(["task.yaml": Array(edited.utf8), "train.tsv": Array("a\tno\t\tx\n".utf8)])
    #expect(
      try TaskRegistry.find(folder.path + "/task.yaml").load(.train, from: folder.path).examples.map(\.answer) == [
        .label(0)
      ])
  }
}
