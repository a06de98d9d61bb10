import Foundation
import Results
import Support
import TestSupport
import Testing

@Suite struct RecordTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func aNonFiniteNumberIsNull() throws {
    var result = RunRecord()
    result.metrics = [("dev", [("accuracy", .nan)])]
    result.history = [EvaluationRecord(epoch: 1, step: 2, metrics: [("accuracy", 0.5)])]
    let json = try JSON.parse(result.json.serialized())
    #expect(json["metrics"]?["dev"]?["accuracy"]?.isNull == true)
    #expect(json["history"]?.array?[0]["metrics"]?["accuracy"]?.double == 0.5)
    #expect(json["status"]?.string == "failed" && json["throughput"]?["tokens_per_second"]?.isNull == true)
  }

  @Test func theLogHasALineAStep() throws {
    let log = try TrainLog(path: folder.path + "/log.jsonl")
    for step in 1...3 {
      try log.append(
        StepRecord(
          step: step, epoch: 0.5, loss: step == 2 ? .infinity : 0.1, learningRate: 1e-5, gradientNorm: 2, tokens: 7,
          seconds: 0.25))
    }
    let lines = try Files.read(folder.path + "/log.jsonl").split(separator: UInt8(ascii: "\n")).map {
      try JSON.parse($0)
    }
    #expect(lines.map { $0["step"]?.integer } == [1, 2, 3])
    #expect(lines[0]["loss"]?.double == 0.1 && lines[1]["loss"]?.isNull == true)
    #expect(
      lines[0].object?.members.map(\.key.description)
        == ["step", "epoch", "loss", "learning_rate", "gradient_norm", "tokens", "seconds"])
  }

  private func record() -> RunRecord {
    var record = RunRecord()
    (record.status, record.reason, record.collapsed, record.seed) = (.interrupted, "a signal", true, .max)
    record.metrics = [("dev_matched", [("accuracy", 0.5), ("f1", 0.25)]), ("dev_mismatched", [("accuracy", 0.125)])]
    record.best = (1.5, 7, "highest accuracy")
    record.history = [EvaluationRecord(epoch: 1, step: 2, metrics: [("accuracy", 0.5)])]
    record.outputs = [("predictions-dev.tsv", "ab")]
    (record.throughput.tokensPerSecond, record.throughput.trainSeconds) = (12.5, 3.25)
    record.memory = [("peak_rss_bytes", 1 << 40)]
    (record.environment, record.task) = (
      .object(JSONObject(["cpu": .text("x")])), .object(JSONObject(["primary_metric": .text("loss")]))
    )
    (record.model, record.optimizer, record.config) = (
      .text("m"), .object(JSONObject(["name": .text("lion")])), .object(JSONObject(["seed": .text("1")]))
    )
    record.splits = [
      .init(
        name: "train", files: [("a.tsv", "cd")], examples: 3, available: 4, truncated: 1, documents: 2, tokens: 9)
    ]
    (record.source, record.command) = ("sample", ["finetune", "run"])
    return record
  }

  /// What is read back is what was written, in every member.
  @Test func writingAndReadingAgree() throws {
    let json = record().json
    let read = try RunRecord(JSON.parse(json.serialized()))
    #expect(read.json == json)
    #expect(read.bytes("peak_rss_bytes") == 1 << 40 && read.optimizerName == "lion" && read.primaryMetric == "loss")
    // A run that had no score yet.
    #expect(try RunRecord(RunRecord().json).json["metrics"] == RunRecord().json["metrics"])
  }

  /// Times, memory and machine are no part of the outcome; everything a run promises to repeat is.
  @Test func outcomeAndMeasurementsAreApart() {
    let record = record()
    var slower = record
    (slower.throughput.trainSeconds, slower.memory, slower.environment) = (9, [("peak_rss_bytes", 1)], .null)
    #expect(slower.outcome == record.outcome && slower.measured != record.measured)
    var other = record
    other.outputs = [("predictions-dev.tsv", "cd")]
    #expect(other.outcome != record.outcome && other.measured == record.measured)
  }

  /// A reader says which key is wrong rather than going on without it.
  @Test(arguments: ["schema_version", "status", "metrics", "history", "throughput", "memory", "seed", "data", "config"])
  func aMissingKeyIsNamed(_ key: String) throws {
    var object = try #require(record().json.object)
    object[key] = nil
    #expect(throws: RecordFault(key: key)) { try RunRecord(.object(object)) }
  }

  /// Files of schema version 1, which had neither `outcome` nor `measured`.
  @Test func versionOneIsRead() throws {
    var object = try #require(record().json.object)
    (object["schema_version"], object["outcome"], object["measured"]) = (.integer(1), nil, nil)
    let read = try RunRecord(.object(object))
    #expect(read.status == .interrupted && read.devMetrics.map(\.value) == [0.5, 0.25] && read.outputs.isEmpty)
    object["schema_version"] = .integer(RunRecord.schemaVersion + 1)
    let newer = RecordFault(key: "schema_version", newerVersion: RunRecord.schemaVersion + 1)
    #expect(throws: newer) { try RunRecord(.object(object)) }
    #expect(
      newer.message
        == "has schema_version 3, but this program reads versions 1 to 2; use the newer finetune that wrote it")
    object["schema_version"] = .integer(0)
    #expect(throws: RecordFault(key: "schema_version")) { try RunRecord(.object(object)) }
  }

  @Test func predictionsNameTheirLabels() throws {
    try PredictionsFile.write(
      to: folder.path + "/p.tsv",
      [
        .init(index: 0, prediction: "yes", label: "no", logits: [0.1, -2]),
        .init(index: 1, prediction: "no", label: "", logits: [3, 0.3333333]),
      ])
    #expect(
      String(decoding: try Files.read(folder.path + "/p.tsv"), as: UTF8.self)
        == "index\tprediction\tlabel\tlogits\n0\tyes\tno\t0.1 -2.0\n1\tno\t\t3.0 0.3333333\n")
  }

  /// Ids come last, so that the other columns stay where they are.
  @Test func predictionsCarryIDs() throws {
    try PredictionsFile.write(
      to: folder.path + "/p.tsv",
      [
        .init(index: 0, prediction: "yes", label: "no", logits: [1], id: "a\tb"),
        .init(index: 1, prediction: "no", label: "", logits: []),
      ])
    #expect(
      String(decoding: try Files.read(folder.path + "/p.tsv"), as: UTF8.self)
        == "index\tprediction\tlabel\tlogits\tid\n0\tyes\tno\t1.0\ta\\tb\n1\tno\t\t\t\n")
  }

  @Test func theEnvironmentIsKnown() {
    let json = Environment.json(threads: 2, blas: "b")
    #expect(json["threads"]?.integer == 2 && json["cpu"]?.string?.isEmpty == false)
    #expect(Environment.peakResidentBytes > 1 << 20)
  }

  /// The last whole line of a log, of which the end may be half a line.
  @Test func lastLineOfALog() throws {
    let path = folder.path + "/last.jsonl"
    #expect(TrainLog.last(path) == nil)
    let log = try TrainLog(path: path)
    #expect(TrainLog.last(path) == nil)
    for step in 1...100 {
      try log.append(
        StepRecord(step: step, epoch: 1, loss: 0.5, learningRate: 1, gradientNorm: 1, tokens: 5, seconds: 0.1))
      #expect(TrainLog.last(path)?.step == step)
    }
    let whole = try Files.read(path)
    try Files.writeAtomically(path, Array(whole.dropLast()))
    #expect(TrainLog.last(path)?.step == 99)
    try Files.writeAtomically(path, whole + Array("{\"step\":".utf8))
    #expect(TrainLog.last(path)?.step == 100)
  }
}
