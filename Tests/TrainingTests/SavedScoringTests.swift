import Checkpoints
import Foundation
import Results
import Support
import TestSupport
import Testing
import Training

/// What a run records of its settings, and what its saved model keeps of them, give its scores again.
@Suite(.serialized) struct SavedScoringTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let task: String
    let model: String
    var values: [String: String] = [:]
    var testDescription: String { "\(task) \(values["format"] ?? "")" }
  }

  static let cases = [
    Case(task: "cola", model: "bert-tiny"), Case(task: "stsb", model: "bert-tiny"),
    Case(task: "piqa", model: "bert-tiny"), Case(task: "squad", model: "bert-tiny", values: ["max_length": "64"]),
    Case(
      task: "squad_v2", model: "bert-tiny",
      values: [
        "max_length": "48", "doc_stride": "4", "max_answer_length": "5", "null_score_diff_threshold": "-5",
      ]),
    Case(task: "piqa", model: "llama-tiny-lm"),
    Case(task: "openbookqa", model: "llama-tiny-lm", values: ["format": "llm-adapters", "beams": "3"]),
  ]

  private func settings(_ command: Setting.Commands, _ values: [String: String]) throws -> RunSettings {
    var settings = RunSettings(command)
    for (key, value) in values { try settings.take([GivenSetting(flag: key, value)]) }
    return settings
  }

  private func run(_ test: Case, in folder: TemporaryFolder) throws -> RunRecord {
    let values = [
      "task": SharedData.packageRoot + "/tasks/\(test.task)/task.yaml",
      "model": SharedData.fixture("models/\(test.model)"), "max_steps": "1", "batch_size": "4", "train_limit": "8",
      "eval_limit": "8", "threads": "2", "output": folder.path + "/run",
    ].merging(test.values) { $1 }
    return try Run.prepare(settings(.run, values), command: [], observer: Silence()).execute()
  }

  @Test(arguments: cases) func aSavedModelScoresAsItsRun(_ test: Case) throws {
    let folder = try TemporaryFolder()
    let record = try run(test, in: folder)
    let score = try SavedModelScore.measure(
      settings(.evaluate, ["model": folder.path + "/run/model", "eval_limit": "8", "threads": "2"]),
      observer: Silence())
    #expect(score.splits.map(\.metrics.description) == record.scored.map(\.metrics.description))
    #expect(score.splits.map(\.baselines.description) == record.scored.map(\.baselines.description))
  }

  @Test(arguments: cases) func aRecordedConfigurationRunsAgain(_ test: Case) throws {
    let folder = try TemporaryFolder()
    let first = try run(test, in: folder)
    let config = try #require(JSON.parse(Files.read(folder.path + "/run/results.json"))["config"])
    let path = try folder.write("again.json", config.serialized())
    var again = RunSettings()
    try SettingsFile.apply(path, to: &again)
    try again.set("output", folder.path + "/again", origin: "--output")
    let second = try Run.prepare(again, command: [], observer: Silence()).execute()
    #expect(first.metrics.description == second.metrics.description)
    #expect(first.outputs.map(\.sha256) == second.outputs.map(\.sha256))
  }

  /// The threshold that `evaluate` names for the best score gives that score.
  @Test func theBestThresholdGivesTheBestScore() throws {
    let folder = try TemporaryFolder()
    let test = Case(
      task: "squad_v2", model: "bert-tiny", values: ["max_length": "48", "doc_stride": "4", "eval_limit": "30"])
    _ = try run(test, in: folder)
    func score(_ threshold: String) throws -> SavedModelScore {
      try SavedModelScore.measure(
        settings(
          .evaluate,
          ["model": folder.path + "/run/model", "eval_limit": "30", "null_score_diff_threshold": threshold]),
        observer: Silence())
    }
    // Without training, the spans of a checkpoint are as good as any.
    for shown in ["1e9", "0"] {
      let all = try score(shown)
      for metric in ["f1", "exact_match"] {
        let best = try #require(all.json["metrics"]?["dev"]?["best_\(metric)"]?.double)
        let threshold = try #require(all.json["best_threshold"]?["dev"]?["best_\(metric)"])
        let text = threshold.double.map { "--null-score-diff-threshold \($0)" } ?? "no answer to any question"
        #expect(all.notes.contains("best_\(metric) on dev is what \(text) gives, chosen on these examples"))
        let again = try score(threshold.double.map { "\($0)" } ?? "-1e9").json["metrics"]?["dev"]?[metric]?.double
        #expect(again == best, "\(shown) \(metric) \(threshold.summary)")
      }
    }
  }

  /// Hostile or old files: a value that no run writes is an error, as in any file of settings.
  @Test(arguments: [("beams", "0"), ("seed", "3"), ("doc_stride", #""x""#)])
  func scoringSettingsAreChecked(_ key: String, _ value: String) throws {
    let folder = try TemporaryFolder()
    _ = try run(Self.cases[4], in: folder)
    let path = folder.path + "/run/model/finetune.json"
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    try #require(text.contains(#""doc_stride": 4"#))
    try Files.writeAtomically(
      path, Array(text.replacingOccurrences(of: #""doc_stride": 4"#, with: "\"\(key)\": \(value)").utf8))
    #expect {
      try SavedModelScore.measure(settings(.evaluate, ["model": folder.path + "/run/model"]), observer: Silence())
    } throws: { ($0 as? TrainingError)?.message.contains(key) == true }
  }

  /// The layer that scores choices has the name of a classifier's. It is told apart, and a head of spans can be made anew.
  @Test func headsOfOtherKinds() throws {
    let folder = try TemporaryFolder()
    _ = try run(Case(task: "piqa", model: "bert-tiny"), in: folder)
    let choices = folder.path + "/run/model"
    for (task, expected) in [("stsb", "compare choices"), ("cola", "compare choices")] {
      let values = [
        "model": choices, "task": SharedData.packageRoot + "/tasks/\(task)/task.yaml",
        "data": SharedData.packageRoot + "/tasks/\(task)/sample",
      ]
      #expect { try SavedModelScore.measure(settings(.evaluate, values), observer: Silence()) } throws: {
        ($0 as? TrainingError)?.message.contains(expected) == true
      }
    }
    let other = try TemporaryFolder()
    _ = try run(Case(task: "cola", model: "bert-tiny"), in: other)
    let third = try TemporaryFolder()
    let notes = Silence()
    let values = [
      "model": other.path + "/run/model", "task": SharedData.packageRoot + "/tasks/piqa/task.yaml",
      "data": SharedData.packageRoot + "/tasks/piqa/sample", "max_steps": "1", "train_limit": "4", "eval_limit": "4",
      "output": third.path + "/run",
    ]
    _ = try Run.prepare(settings(.run, values), command: [], observer: notes).execute()
    #expect(notes.notes.contains { $0.contains("not to compare choices") }, "\(notes.notes)")
  }

  @Test func aNewHeadForSpans() throws {
    let folder = try TemporaryFolder()
    _ = try run(Self.cases[3], in: folder)
    let again = try TemporaryFolder()
    _ = try run(
      Case(
        task: "squad", model: "", values: ["model": folder.path + "/run/model", "new_head": "true", "seed": "9"]),
      in: again)
    func head(_ folder: TemporaryFolder) throws -> [Float] {
      try SafetensorsFile(path: folder.path + "/run/model/model.safetensors").tensor("qa_outputs.weight").values
    }
    // Trained weights would move by one small step only.
    #expect(largestDifference(try head(folder), try head(again)) > 0.01)
    #expect {
      try run(Case(task: "piqa", model: "llama-tiny-lm", values: ["new_head": "true"]), in: TemporaryFolder())
    } throws: { ($0 as? TrainingError)?.message.contains("a language model does not have") == true }
  }
}
