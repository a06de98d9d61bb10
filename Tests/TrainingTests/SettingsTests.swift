import Foundation
import Support
import TestSupport
import Testing
import Training

@Suite struct SettingsTests {
  private func apply(_ text: String) throws -> RunSettings {
    let folder = try TemporaryFolder()
    var settings = RunSettings()
    try SettingsFile.apply(try folder.write("c.yaml", text), to: &settings)
    return settings
  }

  @Test(arguments: [
    "task: cola\nlearning_rate: 1e-4\nno_shuffle: true\noptimizer_option: {rank: 8, update_gap: 5}\neval_every: 10",
    "{\"task\": \"cola\", \"learning_rate\": 1e-4, \"no_shuffle\": true, \"optimizer_option\": [\"rank=8\", \"update-gap=5\"], \"eval_every\": 10}",
  ]) func yamlAndJSON(_ text: String) throws {
    let settings = try apply(text)
    #expect(settings.task == "cola" && settings.learningRate == 1e-4 && settings.noShuffle)
    #expect(settings.learningRateSource == "config" && settings.evaluateEvery == .steps(10))
    #expect(settings.optimizerOptions.map { $0.key + "=" + $0.value } == ["rank=8", "update-gap=5"])
  }

  /// Labels that the flag's form cannot hold stand in a map; what is recorded is read again.
  @Test func classWeightsOfAnyLabel() throws {
    let settings = try apply("class_weights: {\"yes, sir\": 2, \"a=b\": 0.5, plain: 1e-3}")
    guard case .named(let entries)? = settings.classWeights else {
      Issue.record("no weights")
      return
    }
    #expect(entries.map(\.label) == ["yes, sir", "a=b", "plain"] && entries.map(\.weight) == [2, 0.5, 1e-3])
    let recorded = try #require(settings.recorded["class_weights"])
    let again = try apply(
      String(decoding: JSON.object(JSONObject(["class_weights": recorded])).serialized(), as: UTF8.self))
    #expect(again.classWeights == settings.classWeights)
  }

  /// Each message names the line and what is wrong.
  @Test(arguments: [
    ("task: cola\nlearning_rat: 1", ":2: unknown key learning_rat; did you mean \"learning_rate\"?"),
    ("epochs: no", ":1: epochs: found \"no\""), ("batch_size: 0", "batch_size"),
    ("batch_size: 1099511627776", "batch_size"),
    ("warmup_ratio: 1.5", "warmup_ratio"), ("seed: -1", "seed"), ("save: maybe", "one of none, last, best"),
    ("task: cola\ntask: mrpc", "twice"), ("task: [a]", "a list or map"), ("- a", "expected keys"), ("", "empty"),
    ("a: &x [1]\ntask: *x", "aliases"), ("task: [", "neither valid YAML"), ("optimizer_option: [[rank=2]]", "nested"),
    ("optimizer_option: rank", "a map"), ("optimizer_option: [rank]", "KEY=VALUE"),
    ("random_init: yes", "true or false"), ("class_weights: {a: [1]}", ":1: class_weights: found a map of something"),
    ("class_weights: {a: 1e9}", "class_weights"), ("class_weights: {a: 1, a: 2}", "twice"),
    ("learning_rate: nan", "above 0"), ("learning_rate: -1", "above 0"),
  ]) func faults(_ text: String, expected: String) {
    #expect { try apply(text) } throws: { error in
      (error as? TrainingError)?.message.contains(expected) == true
    }
  }

  /// A copy of the small BERT with presets of its own.
  private func fixture(presets: String, in folder: TemporaryFolder) throws -> RunFixture {
    let copy = folder.path + "/model"
    try FileManager.default.copyItem(atPath: SharedData.fixture("models/bert-tiny"), toPath: copy)
    try folder.write("model/finetune.json", presets)
    var fixture = try RunFixture(
      model: "bert-tiny", task: "cola", [("train_limit", "8"), ("batch_size", "4"), ("save", "none")])
    try fixture.set("model", copy)
    return fixture
  }

  @Test func presetsOfACheckpoint() throws {
    let folder = try TemporaryFolder()
    var fixture = try fixture(
      presets: #"{"learning_rate": {"cola": {"adamw": 2e-4}, "default": {"fira": 3e-4}}, "epochs": {"default": 2}}"#,
      in: folder)
    let own = try fixture.execute(in: folder)
    #expect(own.result.optimizer["learning_rate_source"]?.string == "checkpoint" && own.log.count == 4)
    #expect(own.result.optimizer["learning_rate"]?.double == 2e-4)
    try fixture.set("optimizer", "fira")
    try fixture.set("epochs", "1")
    let other = try fixture.execute(in: folder, name: "fira")
    #expect(other.result.optimizer["learning_rate"]?.double == 3e-4 && other.log.count == 2)
  }

  @Test(arguments: [
    ("[]", "the file"), ("{", "finetune.json"), (#"{"rates": 1}"#, "rates"),
    (#"{"learning_rate": 1}"#, "learning_rate"),
    (#"{"learning_rate": {"cola": 1}}"#, "learning_rate.cola"), (#"{"epochs": {"mrpc": 0}}"#, "epochs.mrpc"),
    (#"{"learning_rate": {"mrpc": {"fira": -1}}}"#, "learning_rate.mrpc.fira"), (#"{"epochs": {"cola": "3"}}"#, "cola"),
  ]) func brokenPresets(_ text: String, expected: String) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture(presets: text, in: folder)
    #expect { try fixture.execute(in: folder) } throws: { error in
      (error as? TrainingError)?.message.contains(expected) == true
    }
  }

  /// What a run records as its settings can be given back as a file.
  @Test func aRunsConfigIsASettingsFile() throws {
    let folder = try TemporaryFolder()
    var fixture = try RunFixture(
      model: "bert-tiny", task: "cola",
      [("max_steps", "2"), ("optimizer", "fira"), ("seed", "7"), ("max_length", "48")])
    try fixture.settings.addOptimizerOption("rank=3", origin: "test")
    _ = try fixture.execute(in: folder)
    let config = try JSON.parse(Files.read(folder.path + "/run/results.json"))["config"]
    let again = try apply(String(decoding: try #require(config).serialized(), as: UTF8.self))
    #expect(again.seed == 7 && again.optimizer == "fira" && again.maximumSteps == 2 && again.maximumLength == 48)
    #expect(again.optimizerOptions.map(\.value) == ["3"])
  }
}
