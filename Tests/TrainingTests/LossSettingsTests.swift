import Checkpoints
import Models
import Results
import Support
import TestSupport
import Testing
import Training

@Suite(.serialized) struct LossSettingsTests {
  private func settings(_ values: [(String, String)]) throws -> RunSettings {
    var settings = RunSettings()
    try settings.take(values.map { GivenSetting(flag: $0.0, $0.1) })
    return settings
  }

  private func fixture(_ values: [(String, String)], model: String = "bert-tiny") throws -> RunFixture {
    try RunFixture(
      model: model, task: "cola",
      [
        ("max_steps", "3"), ("batch_size", "8"), ("dropout", "0"), ("eval_limit", "8"), ("threads", "2"),
        ("save", "none"), ("learning_rate", "1e-3"), ("warmup_steps", "0"),
      ] + values)
  }

  private func losses(_ values: [(String, String)], in folder: TemporaryFolder, _ name: String) throws -> [Double] {
    try fixture(values).execute(in: folder, name: name).log.compactMap { $0["loss"]?.double }
  }

  /// Against scikit-learn.
  @Test func balanced() throws {
    let cases = try #require(try JSON.parse(Files.read(SharedData.fixture("run_settings.json")))["balanced"]?.array)
    #expect(cases.count == 3)
    for entry in cases {
      let names = (0..<(entry["classes"]?.integer ?? 0)).map(String.init)
      let weights = try ClassWeights.balanced.weights(
        of: names, examples: (entry["examples"]?.array ?? []).compactMap(\.integer) + [-100], origin: "test")
      let expected = try #require(entry["weights"]?.array).compactMap(\.double)
      #expect(weights.count == expected.count && zip(weights, expected).allSatisfy { abs($0 - $1) < 1e-8 })
    }
  }

  /// Accumulation divides by the weights of the whole window, not of each batch.
  @Test func accumulationEqualsLargerBatch() throws {
    let folder = try TemporaryFolder()
    let values = [("class_weights", "unacceptable=3,acceptable=0.5"), ("label_smoothing", "0.2")]
    let whole = try losses(values, in: folder, "whole")
    let parts = try losses(values + [("batch_size", "2"), ("accumulate", "4")], in: folder, "parts")
    #expect(whole.count == 3 && zip(whole, parts).allSatisfy { abs($0 - $1) < 1e-5 }, "\(whole) \(parts)")
    #expect(try zip(whole, losses([], in: folder, "plain")).allSatisfy { abs($0 - $1) > 1e-3 })
  }

  /// Weights go to the labels by name, whatever the order of the checkpoint's outputs, and the run says which they were.
  @Test func weightsAreRecorded() throws {
    let folder = try TemporaryFolder()
    let notes = Silence()
    let (result, _) = try fixture([("class_weights", "balanced")]).execute(in: folder, observer: notes)
    let weights = try #require(result.task["class_weights"]?.object)
    #expect(Set(weights.members.map(\.key.description)) == ["acceptable", "unacceptable"])
    let inverse = weights.members.compactMap(\.value.double).reduce(0) { $0 + 1 / $1 }
    #expect(abs(inverse - 2) < 1e-9)
    #expect(notes.notes.contains { $0.hasPrefix("class weights: ") })
    #expect(result.config["class_weights"]?.string == "balanced")
  }

  /// Weights of 1 and a smoothing of 0 are no weights and no smoothing.
  @Test func neutralValues() throws {
    let folder = try TemporaryFolder()
    let plain = try losses([], in: folder, "plain")
    let neutral = try losses([("class_weights", "acceptable=1"), ("label_smoothing", "0")], in: folder, "neutral")
    #expect(plain.count == 3 && zip(plain, neutral).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  /// A language model's targets are smoothed in training; the perplexity is that of the text.
  @Test func languageModel() throws {
    let folder = try TemporaryFolder()
    func train(_ values: [(String, String)], _ name: String) throws -> (loss: Double, perplexity: Double) {
      var settings = RunSettings(.pretrain)
      try settings.take(
        ([
          ("model", SharedData.packageRoot + "/checkpoints/demo"), ("text", SharedData.fixture("pretraining.txt")),
          ("max_steps", "1"), ("learning_rate", "1e-30"), ("dropout", "0"), ("save", "none"), ("threads", "2"),
        ] + values).map { GivenSetting(flag: $0.0, $0.1) })
      settings.output = folder.path + "/" + name
      let result = try Run.prepare(settings, command: [], observer: Silence()).execute()
      let log = try JSON.parse(Files.read(folder.path + "/\(name)/train_log.jsonl").split(separator: 10)[0])
      return (try #require(log["loss"]?.double), try #require(result.devMetrics.first?.value))
    }
    let (plain, smooth) = (try train([], "plain"), try train([("label_smoothing", "0.1")], "smooth"))
    #expect(plain.perplexity == smooth.perplexity && smooth.loss > plain.loss + 0.1)
  }

  @Test(arguments: [
    ([("class_weights", "nope=2")], "labels of the task; known: "),
    ([("class_weights", "acceptible=2")], "did you mean \"acceptable\""),
    ([("class_weights", "balanced"), ("train_limit", "1")], "balanced, but no training example is"),
    ([("layer_decay", "0.5"), ("optimizer", "adafactor"), ("relative", "")], "adafactor's own learning rate"),
    ([("layer_decay", "0.5"), ("method", "head")], "with the method head"),
  ]) func refusals(_ values: [(String, String)], expected: String) throws {
    let folder = try TemporaryFolder()
    var fixture = try fixture(values.filter { $0.0 != "relative" })
    if values.contains(where: { $0.0 == "relative" }) {
      fixture.settings.learningRate = nil
      try fixture.settings.addOptimizerOption("relative-step=true", origin: "test")
    }
    let fault = #expect(throws: TrainingError.self) { try fixture.execute(in: folder) }
    #expect(fault?.message.contains(expected) == true, "\(fault?.message ?? "")")
    #expect(!Files.exists(folder.path + "/run"))
  }

  /// Heads that have no classes.
  @Test func headsWithoutClasses() throws {
    func make(_ values: [(String, String)], _ head: HeadKind) throws -> LossSettings {
      try LossSettings(settings(values), head: head, classes: nil) { .nextTokens }
    }
    for head in [HeadKind.regression, .spanExtraction] {
      #expect(throws: TrainingError.self) { try make([("label_smoothing", "0.1")], head) }
      #expect(try make([("label_smoothing", "0")], head).mass == .plain)
    }
    for head in [HeadKind.regression, .spanExtraction, .multipleChoice, .languageModel] {
      let fault = #expect(throws: TrainingError.self) { try make([("class_weights", "balanced")], head) }
      #expect(fault?.message.contains("no class weights for \(head.name)") == true)
    }
    #expect(try make([("label_smoothing", "0.1")], .multipleChoice).mass.smoothing == 0.1)
  }

  @Test(arguments: ["", "a", "a=", "=1", "a=0", "a=-1", "a=nan", "a=1,a=2", "a=1,", "a=1e9"])
  func forms(_ text: String) { #expect(throws: TrainingError.self) { try settings([("class_weights", text)]) } }

  /// A decay moves the layers less, the lower they lie.
  @Test(arguments: ["adamw", "fira", "sgd"]) func layerDecayMovesLowerLayersLess(_ optimizer: String) throws {
    let folder = try TemporaryFolder()
    let values = [("optimizer", optimizer), ("max_steps", "1"), ("save", "last"), ("weight_decay", "0")]
    _ = try losses(values, in: folder, "full")
    _ = try losses(values + [("layer_decay", "0.5")], in: folder, "decayed")
    let files = try [
      SharedData.fixture("models/bert-tiny"), folder.path + "/full/model", folder.path + "/decayed/model",
    ]
    .map { try SafetensorsFile(path: $0 + "/model.safetensors") }
    /// How much less a weight has moved.
    func ratio(_ name: String) throws -> Double {
      let (start, full, decayed) = (
        try files[0].tensor(name).values, try files[1].tensor(name).values, try files[2].tensor(name).values
      )
      func moved(_ values: [Float]) -> Double { zip(values, start).reduce(0) { $0 + Double(abs($1.0 - $1.1)) } }
      return moved(decayed) / moved(full)
    }
    // The head has the full rate, and each layer below half that of the one above.
    let names = [2, 1, 0].map { "bert.encoder.layer.\($0).output.dense.weight" }
    let found = try (names + ["bert.embeddings.word_embeddings.weight"]).map(ratio)
    #expect(zip(found, [0.5, 0.25, 0.125, 0.0625]).allSatisfy { abs($0 / $1 - 1) < 0.05 }, "\(found)")
  }
}
