import Foundation
import Support
import TestSupport
import Testing

import Tasks

/// Reading on after a fault, incomplete rows, and what splits hold twice.
@Suite struct InspectionTests {
  private static let description = """
    name: t
    kind: classification
    format: FORMAT
    splits:
      train: {file: train, LAYOUT}
      dev: {file: dev, LAYOUT}
    id: id
    text: text
    label: label
    labels: [{name: good}, {name: bad}]
    metrics: [accuracy]
    primary_metric: accuracy
    """

  private func task(_ format: String, _ layout: String, in folder: TemporaryFolder) throws -> BenchmarkTask {
    var text = InspectionTests.description.replacingOccurrences(of: "FORMAT", with: format)
    text = text.replacingOccurrences(of: ", LAYOUT", with: layout.isEmpty ? "" : ", " + layout)
    return try TaskRegistry.find(folder.write("task.yaml", text))
  }

  private func inspect(_ task: BenchmarkTask) throws -> SplitInspection {
    try #require(task.inspect(task.splits[0], from: task.locateData(nil)))
  }

  @Test(arguments: [
    ("csv", "id,text,label\n1,a,good\n2,b\n3,\"c\nc\",fine\n4,d,bad\n5,e,bad,x\n", [3, 4, 7], 2),
    ("tsv", "id\ttext\tlabel\n1\ta\tgood\n\n3\tb\tfine\n4\tc\tbad\n", [3, 4], 2),
    ("tsv", "id\ttext\tlabel\n1\ta\tgood\n2\tb\0\tbad\n3\tc\tx\n", [3, 4], 2),
    ("jsonl", "{\"id\":1,\"text\":\"a\",\"label\":\"good\"}\n{\n{\"id\":2,\"text\":\"b\"}\n\n[1]\n", [2, 3, 4, 5], 1),
    (
      "json",
      "[{\"id\":1,\"text\":\"a\",\"label\":\"good\"},\n{\"text\":[],\"label\":\"bad\"},\n{\"text\":\"\",\"label\":0}]",
      [2, 3], 1
    ),
  ]) func everyFaultIsFound(_ format: String, _ text: String, _ lines: [Int], _ good: Int) throws {
    let folder = try TemporaryFolder()
    try folder.write("train", text)
    let task = try task(format, format.hasPrefix("json") ? "" : "header: true", in: folder)
    let found = try inspect(task)
    let faulty = found.faults.faults.compactMap { if case .badLine(_, let line, _) = $0 { line } else { nil } }
    #expect(faulty.sorted() == lines, "\(found.faults.faults.map(\.message))")
    #expect(found.faults.count == lines.count && found.data.first?.data.examples.count == good)
    // A run stops at the first fault of the file.
    #expect { try task.load(.train, from: task.locateData(nil)) } throws: {
      ($0 as? TaskError)?.exitStatus == .badInput
    }
  }

  /// The faults beyond a hundred are counted.
  @Test func manyFaults() throws {
    let folder = try TemporaryFolder()
    try folder.write("train", "id,text,label\n" + String(repeating: "1,a,x\n", count: 250) + "1,a\n")
    let found = try inspect(task("csv", "header: true", in: folder))
    #expect(found.faults.faults.count == 100 && found.faults.count == 251)
  }

  /// A file that cannot be read at all is one fault, and a missing one too.
  @Test func wholeFiles() throws {
    let folder = try TemporaryFolder()
    let csv = try task("csv", "header: true", in: folder)
    try folder.write("dev", "id,text\n1,a\n")
    #expect(try inspect(csv).faults.faults.map(\.exitStatus) == [.missingInput])
    try folder.write("train", "id,text\n1,a\n")
    #expect(try inspect(csv).faults.faults.map(\.message).joined().contains("no column label"))
    try folder.write("train", "id,text,label\n1,\"a,good\n")
    #expect(try inspect(csv).faults.faults.map(\.message).joined().contains("no closing quote"))
  }

  @Test func incompleteRows() throws {
    let folder = try TemporaryFolder()
    try folder.write("train", "id\ttext\tlabel\n1\ta\tgood\n2\tb\n3\tc\t\n\n4\td\tbad\n")
    let skipping = try task("tsv", "header: true, incomplete: skip", in: folder)
    let data = try skipping.load(.train, from: skipping.locateData(nil))
    #expect(data.skipped == 3 && data.available == 2 && data.examples.map(\.index) == [0, 4])
    #expect(try inspect(skipping).faults.count == 0)
    // A longer row is a fault all the same, as is an unknown label.
    try folder.write("train", "id\ttext\tlabel\n1\ta\tgood\tx\n2\tb\tfine\n")
    #expect(try inspect(skipping).faults.count == 2)
    let strict = try task("tsv", "header: true", in: folder)
    try folder.write("train", "id\ttext\tlabel\n1\ta\tgood\n2\tb\n")
    #expect { try strict.load(.train, from: strict.locateData(nil)) } throws: {
      ($0 as? TaskError)?.message.contains("expected 3") == true
    }
    #expect { try task("tsv", "header: true, incomplete: drop", in: folder) } throws: {
      ($0 as? TaskError)?.message.contains("expected skip") == true
    }
  }

  @Test func incompleteRecords() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "train", "{\"text\":\"a\",\"label\":\"good\"}\n{\"text\":null,\"label\":\"bad\"}\n{\"text\":\"c\"}\n")
    let task = try task("jsonl", "incomplete: skip", in: folder)
    let data = try task.load(.train, from: task.locateData(nil))
    #expect(data.skipped == 2 && data.examples.count == 1)
  }

  /// Labels that alternate with the step of the held-out rows are in both splits, which even distances cannot give; and
  /// held-out rows are complete ones.
  @Test func heldOutRows() throws {
    let folder = try TemporaryFolder()
    let rows = (0..<200).map { "\($0),text \($0),\($0 % 5 == 3 ? "" : $0 % 2 == 0 ? "good" : "bad")\n" }.joined()
    try folder.write("train", "id,text,label\n" + rows + "x,only\n")
    let text = InspectionTests.description.replacingOccurrences(of: "FORMAT", with: "csv")
      .replacingOccurrences(of: "{file: train, LAYOUT}", with: "{file: train, header: true, incomplete: skip}")
      .replacingOccurrences(
        of: "{file: dev, LAYOUT}", with: "{file: train, header: true, incomplete: skip, hold_out: 12}")
    let task = try TaskRegistry.find(folder.write("task.yaml", text))
    let (train, dev) = (
      try task.load(.train, from: task.locateData(nil)), try task.load(.dev, from: task.locateData(nil))
    )
    #expect(dev.examples.count == 12 && dev.skipped == 0 && dev.heldOutAsked == nil)
    #expect(train.examples.count == 148 && train.skipped == 41 && train.heldOut == 12)
    #expect(dev.examples.contains { $0.answer == .label(0) } && dev.examples.contains { $0.answer == .label(1) })
    #expect(Set((train.examples + dev.examples).compactMap(\.id)).count == 160)
  }

  /// The faults of a file that two splits share are said once.
  @Test func faultsOfASharedFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("train", "id,text,label\n" + (0..<40).map { "\($0),a,good\n" }.joined() + "1,a\n2,b,fine\n")
    let text = InspectionTests.description.replacingOccurrences(of: "FORMAT", with: "csv")
      .replacingOccurrences(of: "{file: train, LAYOUT}", with: "{file: train, header: true}")
      .replacingOccurrences(of: "{file: dev, LAYOUT}", with: "{file: train, header: true, hold_out: 4}")
    let task = try TaskRegistry.find(folder.write("task.yaml", text))
    let found = try task.splits.map { try #require(task.inspect($0, from: task.locateData(nil))) }
    #expect(found.map(\.faults.count).reduce(0, +) == 2)
    try folder.write("train", "id,text,label\n1,a,good\n")
    #expect { try task.load(.train, from: task.locateData(nil)) } throws: {
      ($0 as? TaskError)?.message.contains("hold_out keeps it for the dev split") == true
    }
  }

  /// A lost quote makes one field of many lines.
  @Test func longFields() throws {
    let folder = try TemporaryFolder()
    let lines = String(repeating: "2,b,good\n", count: 12)
    try folder.write("train", "id,text,label\n1,\"a\nb\",good\n3,\"c,good\n" + lines + "4,d\",bad\n")
    let found = try inspect(task("csv", "header: true", in: folder))
    #expect(found.longFields.map(\.line) == [4] && found.longFields.map(\.lines) == [14])
  }

  /// A file in another encoding is one fault, which counts its lines.
  @Test func otherEncodings() throws {
    let folder = try TemporaryFolder()
    let row = Array("1,caf".utf8) + [0xE9] + Array(",good\n".utf8)
    try folder.write("train", Array("id,text,label\n".utf8) + Array(repeatElement(row, count: 60).joined()))
    let found = try inspect(task("csv", "header: true", in: folder))
    #expect(found.faults.count == 1)
    #expect(found.faults.faults.first?.message.contains("and so are 59 more lines") == true)
  }

  @Test func repeats() throws {
    let folder = try TemporaryFolder()
    try folder.write("train", "id,text,label\n1,a,good\n1,b,good\n2,a,bad\n3,a,bad\n")
    try folder.write("dev", "id,text,label\n1,b,good\n2,x,bad\n3,a,bad\n")
    let task = try task("csv", "header: true", in: folder)
    let (train, dev) = (
      try task.load(.train, from: task.locateData(nil)), try task.load(.dev, from: task.locateData(nil))
    )
    let seen = train.inputDigests(.classification)
    #expect(train.repeats(seen) == Repeats(ids: 1, inputs: 2))
    #expect(dev.repeats(dev.inputDigests(.classification), train: Set(seen)) == Repeats(ids: 0, inputs: 0, overlap: 2))
  }

  /// The rows that a dev split has of the training file count as the official file's.
  @Test func officialCountsIncludeWhatIsHeldOut() throws {
    let folder = try TemporaryFolder()
    try folder.write("train", "id,text,label\n" + String(repeating: "1,a,good\n", count: 40))
    let text = InspectionTests.description
      .replacingOccurrences(of: "FORMAT", with: "csv")
      .replacingOccurrences(of: "{file: train, LAYOUT}", with: "{file: train, header: true, examples: 40}")
      .replacingOccurrences(of: "{file: dev, LAYOUT}", with: "{file: train, header: true, hold_out: 4}")
    let task = try TaskRegistry.find(folder.write("task.yaml", text))
    let train = try task.load(.train, from: task.locateData(nil))
    #expect(train.examples.count == 36 && train.heldOut == 4 && train.unofficial == nil)
    try folder.write("train", "id,text,label\n" + String(repeating: "1,a,good\n", count: 30))
    let (found, official) = try #require(try task.load(.train, from: task.locateData(nil)).unofficial)
    #expect(found == 30 && official == 40)
  }

  /// Where one text ends and the next begins is part of the inputs, and what a model is to write is not.
  @Test func inputsAreComparedWhole() {
    func digests(_ inputs: [(String, String?)], _ kind: ProtocolKind) -> Int {
      let examples = inputs.enumerated().map { index, input in
        Example(
          index: index, line: 1, inputs: [.init(Array(input.0.utf8), input.1.map { Array($0.utf8) })], answer: nil)
      }
      return Set(SplitData(split: .train, examples: examples, available: 0, files: []).inputDigests(kind)).count
    }
    #expect(digests([("a", "bc"), ("ab", "c"), ("abc", nil), ("abc", "")], .classification) == 4)
    #expect(digests([("a", "b"), ("a", "c")], .generation) == 1)
  }

  /// The official loader of QQP leaves out the rows that a line end in a question has broken.
  @Test func brokenRowsOfQQP() throws {
    let folder = try TemporaryFolder()
    let header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n"
    try folder.write("train.tsv", header + "1\t1\t2\ta\tb\t0\n2\t3\t4\tc\nd\te\t1\n3\t5\t6\tf\tg\t1\n")
    let task = try TaskRegistry.find(SharedData.packageRoot + "/tasks/qqp/task.yaml")
    let data = try task.load(.train, from: folder.path)
    #expect(data.examples.compactMap(\.id) == ["1", "3"] && data.skipped == 2)
  }
}
