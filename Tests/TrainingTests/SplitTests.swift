import Foundation
import Results
import Support
import TestSupport
import Testing
import Training

/// Tasks with split names of their own, as MNLI has them.
@Suite(.serialized) struct SplitTests {
  /// A task like CoLA whose dev split is in two parts, the second of them labelled the other way round.
  private func task(in folder: TemporaryFolder) throws -> RunFixture {
    let source = SharedData.packageRoot + "/tasks/cola/task.yaml"
    let text = String(decoding: try Files.read(source), as: UTF8.self)
    let edited = text.replacingOccurrences(of: "  dev: {file: dev.tsv,", with: "  dev_matched: {file: dev.tsv,")
      .replacingOccurrences(
        of: "  test: {",
        with: "  dev_mismatched: {file: other.tsv, columns: [source, label, mark, sentence]}\n  test: {")
    try folder.write("task.yaml", edited)
    for name in ["train", "dev"] {
      try folder.write("data/\(name).tsv", Files.read(SharedData.fixture("data/cola/\(name).tsv")))
    }
    let lines = String(decoding: try Files.read(SharedData.fixture("data/cola/dev.tsv")), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: true).prefix(9)
    let turned = lines.map { line in
      var fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      fields[1] = fields[1] == "1" ? "0" : "1"
      return fields.joined(separator: "\t")
    }
    try folder.write("data/other.tsv", turned.joined(separator: "\n") + "\n")
    var fixture = try RunFixture(
      model: "bert-tiny", task: "cola",
      [("max_steps", "6"), ("eval_every", "2"), ("batch_size", "8"), ("max_length", "32"), ("threads", "1")])
    try fixture.set("task", folder.path + "/task.yaml")
    try fixture.set("data", folder.path + "/data")
    return fixture
  }

  @Test func severalDevSplits() throws {
    let folder = try TemporaryFolder()
    let record = try task(in: folder).execute(in: folder).result
    #expect(record.metrics.map(\.split) == ["dev_matched", "dev_mismatched"])
    #expect(record.best?.rule == "highest matthews_correlation on dev_matched, the first of equals")
    #expect(record.splits.map(\.name) == ["train", "dev_matched", "dev_mismatched"])
    #expect(record.history.count == 3)
    let names = record.outputs.map(\.name)
    #expect(names == ["predictions-dev_matched.tsv", "predictions-dev_mismatched.tsv", "model/model.safetensors"])
    func rows(_ split: String) throws -> [[Substring]] {
      try Files.read(folder.path + "/run/predictions-\(split).tsv").split(separator: UInt8(ascii: "\n")).dropFirst()
        .map { String(decoding: $0, as: UTF8.self).split(separator: "\t").map { $0 } }
    }
    let (matched, mismatched) = (try rows("dev_matched"), try rows("dev_mismatched"))
    #expect(mismatched.count == 9 && matched.count > 9)
    // The same model reads the same texts alike, and the turned labels make hits of misses.
    func logits(_ row: [Substring]) -> [Float] { row[3].split(separator: " ").compactMap { Float($0) } }
    for (left, right) in zip(matched, mismatched) {
      #expect(left[1] == right[1] && left[2] != right[2])
      #expect(largestDifference(logits(left), logits(right)) < 1e-5)
    }
    let accuracy = try #require(record.metrics[1].values.first { $0.name == "accuracy" }?.value)
    #expect(abs(accuracy - Double(mismatched.count { $0[1] == $0[2] }) / 9) < 1e-12)
  }

  /// What has no label can neither be trained on nor scored; the file and line are named.
  @Test func anExampleWithoutALabelIsAFault() throws {
    let folder = try TemporaryFolder()
    let fixture = try task(in: folder)
    try folder.write("data/dev.tsv", "a\t\t\tNo label here.\n")
    #expect { try fixture.execute(in: folder) } throws: { error in
      (error as? any UserError)?.exitStatus == .badInput
        && (error as? any UserError)?.message.contains("dev.tsv:1") == true
    }
  }

  /// An empty text is taken, as the reference takes it, but not without a word.
  @Test func emptyTextsAreTold() throws {
    let folder = try TemporaryFolder()
    let fixture = try task(in: folder)
    let dev = String(decoding: try Files.read(folder.path + "/data/dev.tsv"), as: UTF8.self)
    try folder.write("data/dev.tsv", "a\t1\t\t \n" + dev + "b\t0\t\t\n")
    let observer = Silence()
    _ = try fixture.execute(in: folder, observer: observer)
    let notes = observer.notes
    #expect(notes.contains { $0.hasPrefix("2 of ") && $0.hasSuffix("data/dev.tsv:1") }, "\(notes)")
  }
}
