import Foundation
import Support
import TestSupport
import Testing

/// Data of the user's own, from a file to predictions, as the README has it.
@Suite(.serialized) struct OwnDataTests {
  private static let model = SharedData.fixture("models/bert-tiny")
  private static let languageModel = SharedData.fixture("models/llama-tiny-lm")

  /// A CSV with quotes, commas and line ends in its fields.
  private static let csv =
    "id,review,verdict\n"
    + (0..<40).map { "\($0),\"They said: \"\"number \($0 % 38)\"\",\nno more.\",\($0 % 3 == 0 ? "bad" : "good")\n" }
    .joined()

  @Test func fromNothingToPredictions() throws {
    let folder = try TemporaryFolder()
    try folder.write("reviews/reviews.csv", OwnDataTests.csv)
    let new = try Program.run(["task", "new", "--from", "reviews/reviews.csv"], in: folder)
    #expect(new.status == 0 && new.output.hasPrefix("reviews/task.yaml\n"), "\(new.errors)")
    #expect(new.output.contains("finetune task check reviews/task.yaml\n"))
    // What is there is never overwritten.
    let again = try Program.run(["task", "new", "--from", "reviews/reviews.csv"], in: folder)
    #expect(again.status == 73 && again.errors.contains("it exists"))

    let check = try Program.run(["task", "check", "reviews/task.yaml", "--model", OwnDataTests.model], in: folder)
    #expect(check.status == 0, "\(check.output)\(check.errors)")
    #expect(check.output.contains(#"text: "They said: \"number 0\",\nno more.""#), "\(check.output)")
    let json = try JSON.parse(
      Array(try Program.run(["task", "check", "reviews", "--json"], in: folder).output.utf8))
    let train = json["splits"]?["train"]
    #expect(train?["examples"]?.integer == 36 && train?["answers"]?["counts"]?["good"]?.integer != nil)
    #expect(json["splits"]?["dev"]?["examples"]?.integer == 4 && json["faults"]?.integer == 0)

    // A language model compares the labels without training, and an encoder gets a classifier.
    let zeroShot = try Program.run(
      ["evaluate", "--task", "reviews", "--model", OwnDataTests.languageModel, "--json"], in: folder)
    #expect(try JSON.parse(Array(zeroShot.output.utf8))["protocol"]?.string == "likelihood", "\(zeroShot.errors)")

    let run = try Program.run(
      ["run", "--task", "reviews", "--model", OwnDataTests.model, "--max-steps", "2", "--output", "run", "--json"],
      in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let record = try JSON.parse(Array(run.output.utf8))
    #expect(record["task"]?["protocol"]?.string == "classification")
    let splits = record["data"]?["splits"]
    let repeated = splits?["train"]?["duplicates"]?["inputs"]?.integer ?? -1
    #expect(repeated + (splits?["dev"]?["overlap"]?.integer ?? 0) == 2, "\(String(describing: splits))")
    #expect(splits?["train"]?["skipped"]?.integer == 0 && splits?["train"]?["overlap"] == nil)

    let evaluation = try Program.run(["evaluate", "--model", "run/model", "--json"], in: folder)
    #expect(evaluation.status == 0, "\(evaluation.errors)")
    #expect(try JSON.parse(Array(evaluation.output.utf8))["examples"]?.integer == 4)

    // Without the column of labels, or with an empty one.
    try folder.write("a.csv", "id,review\n7,\"a \"\"quoted\"\" one,\nand more\"\n")
    try folder.write("b.csv", "id,review,verdict\n7,\"a \"\"quoted\"\" one,\nand more\",\n")
    for name in ["a", "b"] {
      let predict = try Program.run(
        ["predict", "--model", "run/model", "--input", name + ".csv", "--output", name], in: folder)
      #expect(predict.status == 0, "\(predict.errors)")
      let text = String(decoding: try Files.read("\(folder.path)/\(name)/predictions-reviews-test.tsv"), as: UTF8.self)
      #expect(text.split(separator: "\n").count == 2 && (text.contains("\tgood\t") || text.contains("\tbad\t")))
    }
  }

  @Test func notesOfARun() throws {
    let folder = try TemporaryFolder()
    try folder.write("reviews.csv", OwnDataTests.csv + "40,a broken row\n")
    #expect(try Program.run(["task", "new", "--from", "reviews.csv"], in: folder).status == 0)
    let path = folder.path + "/task.yaml"
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    #expect(text.contains("# CHECK: rows that cannot be read: 1;"))
    let arguments = [
      "run", "--task", "./task.yaml", "--model", OwnDataTests.model, "--max-steps", "1", "--save", "none",
    ]
    let refused = try Program.run(arguments, in: folder)
    #expect(refused.status == 65 && refused.errors.contains("reviews.csv:82: found 2"), "\(refused.errors)")
    let skipping = text.replacingOccurrences(of: "header: true", with: "header: true, incomplete: skip")
    try Files.writeAtomically(path, Array(skipping.utf8))
    let run = try Program.run(arguments + ["--output", "run"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("1 incomplete row of ./reviews.csv left out"), "\(run.errors)")
    #expect(run.errors.contains("have the inputs of an earlier one") || run.errors.contains("also in train"))
  }

  /// What is amiss is told where it is, before anything is computed, and with a remedy that helps.
  @Test func messages() throws {
    let folder = try TemporaryFolder()
    try folder.write("reviews/reviews.csv", OwnDataTests.csv)
    #expect(try Program.run(["task", "new", "--from", "reviews/reviews.csv"], in: folder).status == 0)
    let run = [
      "run", "--task", "reviews", "--model", OwnDataTests.model, "--max-steps", "1", "--quiet", "--save", "last",
    ]
    #expect(try Program.run(run + ["--output", "run"], in: folder).status == 0)
    func expect(_ arguments: [String], _ status: Int32, _ parts: String..., not: String = "\u{1}") throws {
      let outcome = try Program.run(arguments, in: folder)
      #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
      for part in parts { #expect(outcome.errors.contains(part), "\(part) in \(outcome.errors)") }
      #expect(!outcome.errors.contains(not), "\(outcome.errors)")
    }
    try expect(["evaluate", "--model", "run"], 64, "give run/model")
    try expect(["evaluate", "--model", "nope"], 66, "nope", not: "--task")
    try expect(["evaluate", "--model", "run/model", "--samples", "no/s.jsonl"], 73, "there is no folder no")
    try expect(["predict", "--model", "run/model", "--input", "no.csv", "--output", "p"], 66, "--input no.csv")
    try expect(run + ["--data", "no", "--output", "r2"], 66, "--data no: no such folder", "reviews.csv")
    try expect(run + ["--data", "reviews/reviews.csv", "--output", "r2"], 66, "expected the folder", "(reviews)")
    try folder.write("mine/notes.txt", "x")
    try expect(run + ["--output", "mine"], 73, "no run wrote (notes.txt)", not: "--overwrite")
    try expect(run + ["--output", "run"], 73, "--overwrite")
    try expect(["task", "new", "--from", "/dev/null", "--output", "t"], 65, "no regular file")
    try expect(["task", "new"], 64, "see: finetune task new --help")
    try folder.write("new.jsonl", "{\"id\": 1, \"review\": \"x\"}\n")
    try expect(["predict", "--model", "run/model", "--input", "new.jsonl", "--output", "p"], 65, "files are CSV")
    // A saved model knows its task by its path.
    try FileManager.default.moveItem(atPath: folder.path + "/reviews", toPath: folder.path + "/moved")
    try expect(["evaluate", "--model", "run/model"], 66, "reviews/task.yaml", "--task")
    let samples = ["evaluate", "--model", "run/model", "--task", "moved", "--samples", "s.jsonl"]
    try expect(samples, 0)
    let first = String(decoding: try Files.read(folder.path + "/s.jsonl"), as: UTF8.self).split(separator: "\n")[0]
    #expect(try JSON.parse(Array(first.utf8))["id"]?.string != nil, "\(first)")
  }

  /// A dev split that lacks a label, and fewer rows held out than were asked for, are noted even where progress is not
  /// shown.
  @Test func notesOnADevSplit() throws {
    let folder = try TemporaryFolder()
    try folder.write("train.csv", "text,label\n" + (0..<60).map { "text \($0),\($0 == 7 ? "y" : "x")\n" }.joined())
    try folder.write(
      "task.yaml",
      """
      name: t
      kind: classification
      format: csv
      splits: {train: {file: train.csv, header: true}, dev: {file: train.csv, header: true, hold_out: 50}}
      text: text
      label: label
      labels: [{name: x}, {name: y}]
      metrics: [accuracy]
      primary_metric: accuracy
      """)
    let check = try Program.run(["task", "check", "."], in: folder)
    let run = try Program.run(
      ["run", "--task", ".", "--model", OwnDataTests.model, "--max-steps", "1", "--save", "none", "--quiet"], in: folder
    )
    for text in [check.output, run.errors] {
      #expect(text.contains("dev: every example has the label x"), "\(text)")
      #expect(text.contains("asks to hold out 50 rows; 6 are"), "\(text)")
    }
    #expect(!run.errors.contains("step 1/1"))
  }

  @Test func faultsOfACheck() throws {
    let folder = try TemporaryFolder()
    try folder.write("train.csv", "text,label\na,x\nb,y\nc\nd,z\na,x\n")
    try folder.write("dev.csv", "text,label\na,x\nb,q\n")
    try folder.write(
      "task.yaml",
      """
      name: t
      kind: classification
      format: csv
      splits: {dev: {file: dev.csv, header: true}, train: {file: train.csv, header: true, examples: 9}}
      text: text
      label: label
      labels: [{name: x}, {name: y}]
      metrics: [accuracy]
      primary_metric: accuracy
      """)
    let check = try Program.run(["task", "check", "./task.yaml"], in: folder)
    #expect(check.status == 65 && check.errors.contains("3 faults"), "\(check.errors)")
    for part in [
      "train.csv:4: found 1", "train.csv:5: label: found \"z\"", "dev.csv:3: label: found \"q\"",
      "the official file has 9", "1 example with the inputs of an earlier one",
      "1 example with inputs that are also in train",
      "x 2 (66.7 %), y 1 (33.3 %)", "SHA-256 ",
    ] { #expect(check.output.contains(part), "\(part) in \(check.output)") }
    let json = try JSON.parse(Array(try Program.run(["task", "check", ".", "--json"], in: folder).output.utf8))
    #expect(json["faults"]?.integer == 3 && json["splits"]?["dev"]?["overlap"]?.integer == 1)
    #expect(try Program.run(["task", "check", "nope"], in: folder).status == 66)
    #expect(try Program.run(["task", "check", ".", "--model", "/nope"], in: folder).status == 66)
    #expect(try Program.run(["task", "check", ".", "--format", "x"], in: folder).status == 66)
    #expect(try Program.run(["task", "new"], in: folder).status == 64)
    #expect(try Program.run(["task", "new", "--from", "nope"], in: folder).status == 66)
  }

  /// Every bundled task's sample is without faults, in the form of LLM-Adapters too, where a task has it.
  @Test func bundledSamples() throws {
    let folder = try TemporaryFolder()
    let list = try Program.run(["list", "tasks"], in: folder)
    #expect(list.status == 0)
    var (names, adapters) = ([String](), 0)
    for line in list.output.split(separator: "\n") {
      let isAdapters = line.hasPrefix("  --format llm-adapters: text")
      if !line.hasPrefix(" ") { names.append(String(line.prefix { $0 != ":" })) }
      guard isAdapters || !line.hasPrefix(" "), let name = names.last else { continue }
      adapters += isAdapters ? 1 : 0
      let format = isAdapters ? ["--format", "llm-adapters"] : []
      let check = try Program.run(["task", "check", name] + format, in: folder)
      #expect(check.status == 0 && check.output.contains("what a model reads"), "\(name) \(format): \(check.errors)")
    }
    let tasks = SharedData.packageRoot + "/tasks"
    #expect(try names == Files.entries(tasks).filter { Files.exists("\(tasks)/\($0)/task.yaml") }.sorted())
    #expect(adapters == 8)
  }
}
