import Foundation
import Results
import Support
import Testing

@Suite struct RecordTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/results-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  @Test func aNonFiniteNumberIsNull() throws {
    var result = RunResult()
    result.devMetrics = [("accuracy", .nan)]
    result.history = [EvaluationRecord(epoch: 1, step: 2, metrics: [("accuracy", 0.5)])]
    let json = try JSON.parse(result.json.serialized())
    #expect(json["metrics"]?["dev"]?["accuracy"]?.isNull == true)
    #expect(json["history"]?.array?[0]["metrics"]?["accuracy"]?.double == 0.5)
    #expect(json["status"]?.string == "failed" && json["throughput"]?["tokens_per_second"]?.isNull == true)
  }

  @Test func theLogHasALineAStep() throws {
    let log = try TrainLog(path: folder + "/log.jsonl")
    for step in 1...3 {
      try log.append(
        StepRecord(
          step: step, epoch: 0.5, loss: step == 2 ? .infinity : 0.1, learningRate: 1e-5, gradientNorm: 2, tokens: 7,
          seconds: 0.25))
    }
    let lines = try Files.read(folder + "/log.jsonl").split(separator: UInt8(ascii: "\n")).map { try JSON.parse($0) }
    #expect(lines.map { $0["step"]?.integer } == [1, 2, 3])
    #expect(lines[0]["loss"]?.double == 0.1 && lines[1]["loss"]?.isNull == true)
    #expect(
      lines[0].object?.members.map(\.key.description)
        == ["step", "epoch", "loss", "learning_rate", "gradient_norm", "tokens", "seconds"])
  }

  @Test func predictionsNameTheirLabels() throws {
    try PredictionsFile.write(
      to: folder + "/p.tsv", labels: ["no", "yes"],
      rows: [(0, 1, 0, [0.1, -2]), (1, 0, nil, [3, 0.3333333])])
    #expect(
      String(decoding: try Files.read(folder + "/p.tsv"), as: UTF8.self)
        == "index\tprediction\tlabel\tlogits\n0\tyes\tno\t0.1 -2.0\n1\tno\t\t3.0 0.3333333\n")
  }

  @Test func theEnvironmentIsKnown() {
    let json = Environment.json(threads: 2, blas: "b")
    #expect(json["threads"]?.integer == 2 && json["cpu"]?.string?.isEmpty == false)
    #expect(Environment.peakResidentBytes > 1 << 20)
  }
}
