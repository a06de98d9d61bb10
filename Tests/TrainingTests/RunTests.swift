import Foundation
import Results
import Support
import TestSupport
import Testing
import Training

@Suite(.serialized) struct RunTests {
  static let models = ["bert-tiny", "llama-tiny"]

  private func fixture(_ model: String, _ values: [(String, String)] = []) throws -> RunFixture {
    try RunFixture(
      model: model, task: "cola",
      [("max_steps", "6"), ("batch_size", "8"), ("learning_rate", "1e-3"), ("max_length", "12"), ("threads", "2")]
        + values)
  }

  private func withoutSeconds(_ log: [JSON]) -> [JSON] {
    log.map { line in
      var object = line.object ?? JSONObject()
      object["seconds"] = nil
      return .object(object)
    }
  }

  /// Dropout, shuffling and initialisation come from the seed alone.
  @Test(arguments: models) func sameSeedSameBytes(_ model: String) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture(model, [("dropout", "0.1"), ("optimizer", "fira")])
    let first = try fixture.execute(in: folder, name: "a")
    let second = try fixture.execute(in: folder, name: "b")
    #expect(withoutSeconds(first.log) == withoutSeconds(second.log))
    #expect(
      try Files.read(folder.path + "/a/model/model.safetensors")
        == Files.read(folder.path + "/b/model/model.safetensors"))
    var other = fixture
    try other.set("seed", "43")
    #expect(try withoutSeconds(other.execute(in: folder, name: "c").log) != withoutSeconds(first.log))
  }

  /// The seed reaches each kind of chance on its own, and nothing else depends on it.
  @Test(arguments: [
    ("order", [("dropout", "0")]), ("dropout", [("dropout", "0.1"), ("no_shuffle", "true")]),
    ("head", [("dropout", "0"), ("no_shuffle", "true"), ("new_head", "true")]),
    ("optimizer", [("dropout", "0"), ("no_shuffle", "true"), ("optimizer", "flora")]),
    ("nothing", [("dropout", "0"), ("no_shuffle", "true")]),
  ])
  func whatTheSeedDecides(_ chance: String, _ values: [(String, String)]) throws {
    let folder = try TemporaryFolder()
    let logs = try ["1", "2"].map { seed in
      try withoutSeconds(fixture("bert-tiny", values + [("seed", seed)]).execute(in: folder, name: seed).log)
    }
    #expect((logs[0] == logs[1]) == (chance == "nothing"))
  }

  /// A rate that no weights survive ends the run with the step and what was no number, and the record says so.
  @Test func divergenceIsNamed() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture("bert-tiny", [("learning_rate", "1e30"), ("warmup_steps", "0"), ("gradient_clip", "0")])
    let fault = #expect(throws: TrainingError.self) { try fixture.execute(in: folder) }
    #expect(fault?.message.contains("the loss") == true && fault?.exitStatus == .diverged)
    let record = try RunRecord(JSON.parse(Files.read(folder.path + "/run/results.json")))
    #expect(record.status == .diverged && record.reason == fault?.message)
  }

  /// Two batches of four are one of eight: the loss is a sum over the window divided by its count.
  @Test(arguments: models) func accumulationEqualsLargerBatch(_ model: String) throws {
    let folder = try TemporaryFolder()
    let whole = try fixture(model, [("dropout", "0")]).execute(in: folder, name: "whole").log
    let halves = try fixture(model, [("dropout", "0"), ("batch_size", "4"), ("accumulate", "2")])
      .execute(in: folder, name: "halves").log
    #expect(whole.count == 6 && halves.count == 6)
    for (left, right) in zip(whole, halves) {
      let (a, b) = (left["loss"]?.double ?? .nan, right["loss"]?.double ?? .nan)
      #expect(abs(a - b) < 1e-5)
      #expect(left["tokens"] == right["tokens"])
    }
  }

  /// What `evaluate` says of a saved model is what the run said of it, to the bit.
  @Test(arguments: models) func evaluateReproduces(_ model: String) throws {
    let folder = try TemporaryFolder()
    let (result, _) = try fixture(model, [("eval_every", "2")]).execute(in: folder)
    // Without a length: the saved model knows the one that it was trained with.
    var saved = RunSettings(.evaluate)
    try saved.take(
      [
        ("model", folder.path + "/run/model"), ("task", SharedData.packageRoot + "/tasks/cola/task.yaml"),
        ("data", SharedData.fixture("data/cola")), ("threads", "2"),
      ].map { GivenSetting(flag: $0.0, $0.1) })
    let score = try SavedModelScore.measure(saved, observer: Silence())
    let scored = try #require(score.splits.first)
    #expect(score.splits.count == 1 && scored.split == "dev")
    #expect(scored.metrics.map(\.name) == result.devMetrics.map(\.name))
    #expect(scored.metrics.map(\.value) == result.devMetrics.map(\.value))
    try score.writePredictions(to: folder.path + "/again.tsv")
    #expect(try Files.read(folder.path + "/again.tsv") == Files.read(folder.path + "/run/predictions-dev.tsv"))
  }

  @Test func resultsHoldTheContract() throws {
    let folder = try TemporaryFolder()
    _ = try fixture("bert-tiny").execute(in: folder)
    let json = try JSON.parse(Files.read(folder.path + "/run/results.json"))
    for key in [
      "schema_version", "status", "collapsed", "task", "model", "optimizer", "config", "seed", "data", "metrics",
      "best",
      "history", "throughput", "memory", "environment", "command",
    ] {
      #expect(json[key] != nil, "\(key)")
    }
    #expect(json["status"]?.string == "completed")
    #expect(json["data"]?["source"]?.string == "files")
    #expect(json["optimizer"]?["learning_rate_source"]?.string == "flag")
    #expect(json["data"]?["splits"]?["train"]?["examples"]?.integer == 160)
    // m and v of every parameter, four bytes each.
    let parameters = json["model"]?["parameters"]?.integer ?? 0
    #expect(json["memory"]?["optimizer_state_bytes"]?.integer == 8 * parameters)
  }

  /// A rate that blows up ends as diverged with step and rate, and never as completed.
  @Test func divergence() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture("llama-tiny", [("learning_rate", "1e30"), ("gradient_clip", "0"), ("warmup_ratio", "0")])
    #expect {
      _ = try fixture.execute(in: folder)
    } throws: { error in
      (error as? any UserError)?.exitStatus == .diverged
    }
    let json = try JSON.parse(Files.read(folder.path + "/run/results.json"))
    #expect(json["status"]?.string == "diverged")
    #expect(json["reason"]?.string?.contains("step") == true)
  }

  @Test func outputIsNeverReplacedSilently() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture("bert-tiny")
    _ = try fixture.execute(in: folder)
    let before = try Files.read(folder.path + "/run/results.json")
    #expect(throws: TrainingError.outputNotEmpty(path: folder.path + "/run")) {
      _ = try fixture.execute(in: folder)
    }
    #expect(try Files.read(folder.path + "/run/results.json") == before)
  }
}
