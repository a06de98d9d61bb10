import Foundation
import Results
import Support
import Tensors
import TestSupport
import Testing
import Training

/// A budget of tokens decides how a step is divided, and nothing else.
@Suite(.serialized) struct TokensPerBatchTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let model: String
    let task: String
    let values: [(String, String)]
    var testDescription: String { "\(model) \(task)" }
  }

  static let cases = [
    Case(model: "bert-tiny", task: "cola", values: []),
    Case(model: "bert-tiny", task: "cola", values: [("class_weights", "balanced")]),
    Case(model: "llama-tiny-lm", task: "arc_easy", values: [("protocol", "likelihood"), ("train_on_prompt", "true")]),
    Case(model: "bert-tiny-heads", task: "arc_easy", values: [("protocol", "multiple-choice")]),
    Case(model: "bert-tiny-heads", task: "squad", values: [("max_length", "60"), ("doc_stride", "6")]),
  ]

  private func fixture(_ test: Case, budget: Int?) throws -> RunFixture {
    var fixture = try RunFixture(
      model: test.model, task: test.task,
      [
        ("max_length", "40"), ("batch_size", "4"), ("accumulate", "3"), ("max_steps", "10"), ("learning_rate", "1e-3"),
        ("dropout", "0"), ("weight_decay", "0.1"), ("optimizer", "adamw"), ("save", "none"), ("eval_limit", "16"),
        ("threads", "2"),
      ] + test.values)
    if test.task != "cola" { try fixture.set("data", SharedData.packageRoot + "/tasks/\(test.task)/sample") }
    if let budget { try fixture.set("tokens_per_batch", "\(budget)") }
    return fixture
  }

  private func run(_ test: Case, budget: Int?, in folder: TemporaryFolder, name: String) throws -> (
    result: RunRecord, log: [JSON]
  ) {
    try fixture(test, budget: budget).execute(in: folder, name: name)
  }

  /// A budget of 1 takes the examples one by one, one of 100 several at a time, and a large one all at once. An
  /// example's choices stay together, or its loss would be another.
  @Test(arguments: cases) func stepsAreTheSame(_ test: Case) throws {
    let folder = try TemporaryFolder()
    let whole = try run(test, budget: nil, in: folder, name: "whole")
    #expect(whole.log.count == 10)
    for budget in [1, 100, 100_000] {
      let divided = try run(test, budget: budget, in: folder, name: "\(budget)")
      #expect(divided.result.config["tokens_per_batch"]?.integer == budget)
      for (left, right) in zip(whole.log, divided.log) {
        #expect(left["tokens"] == right["tokens"])
        let (loss, other) = (try #require(left["loss"]?.double), try #require(right["loss"]?.double))
        #expect(abs(loss - other) < 2e-5, "budget \(budget): \(loss) and \(other)")
        let (norm, second) = (
          try #require(left["gradient_norm"]?.double), try #require(right["gradient_norm"]?.double)
        )
        #expect(abs(norm - second) < 1e-3 * norm, "budget \(budget): \(norm) and \(second)")
      }
      let scores = zip(whole.result.history.last?.metrics ?? [], divided.result.history.last?.metrics ?? [])
      for (score, other) in scores { #expect(abs(score.value - other.value) < 1e-4, "\(score.name)") }
    }
  }

  /// What the plan says that a budget saves is what it saves.
  @Test func memoryIsForeseen() throws {
    let folder = try TemporaryFolder()
    func measure(_ budget: Int) throws -> (planned: Int, peak: Int) {
      var settings = try fixture(TokensPerBatchTests.cases[0], budget: budget).settings
      settings.output = folder.path + "/\(budget)"
      return try MemoryTally.count { tally in
        let run = try Run.prepare(settings, command: ["test"], observer: Silence())
        // Planning has products of its own.
        tally.restart()
        let result = try run.execute()
        // What the threads keep for products is the same for every budget.
        let working = ThreadPool.shared.threads * Precision.float32.workingBytes
        return (try #require(result.bytes("planned_activations_bytes")) - working, tally.peak)
      }
    }
    let (small, large) = (try measure(64), try measure(4_096))
    #expect(large.planned > 2 * small.planned)
    let (planned, measured) = (Double(large.planned - small.planned), Double(large.peak - small.peak))
    #expect(abs(planned - measured) < 0.1 * planned, "planned \(planned), measured \(measured)")
  }

  /// A budget is part of what a run is.
  @Test func anotherBudgetIsNotResumed() throws {
    let folder = try TemporaryFolder()
    var fixture = try RunFixture(
      model: "bert-tiny", task: "cola",
      [
        ("max_steps", "4"), ("batch_size", "4"), ("tokens_per_batch", "64"), ("checkpoint_every", "1"),
        ("eval_limit", "8"),
      ])
    #expect(try fixture.execute(in: folder).result.status == .completed)
    for (key, value) in [("resume", "true"), ("tokens_per_batch", "128"), ("output", folder.path + "/run")] {
      try fixture.set(key, value)
    }
    #expect { try Run.prepare(fixture.settings, command: ["test"], observer: Silence()) } throws: { error in
      (error as? any UserError)?.message.contains("tokens_per_batch was 64, is now 128") == true
    }
  }
}
