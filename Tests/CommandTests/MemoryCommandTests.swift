import Foundation
import Support
import TestSupport
import Testing

/// The plan by itself, and before a run.
@Suite struct MemoryCommandTests {
  private func json(_ arguments: [String]) throws -> JSON {
    let outcome = try Program.run(["memory", "--json"] + arguments, in: TemporaryFolder())
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try JSON.parse(Array(outcome.output.utf8))
  }

  /// The keys of the contract, and figures that agree with each other and with the papers' tables.
  @Test func plan() throws {
    let plan = try json(["--model", "gpt2-117m", "--optimizer", "adapprox", "-O", "rank=1", "--vocab-size", "50304"])
    let state = try #require(plan["optimizer_state"])
    let kinds = try ["first_moment", "second_moment", "projector", "other"].map { try #require(state[$0]?.integer) }
    let total = try #require(state["total"]?.integer)
    #expect(kinds.reduce(0, +) == total && String(format: "%.1f", Double(total) / 1_048_576) == "476.1")
    let parts = try ["parameters_bytes", "gradients_bytes", "activations_bytes"].map { try #require(plan[$0]?.integer) }
    #expect(plan["total_bytes"]?.integer == parts.reduce(total, +) && parts.allSatisfy { $0 > 0 })
    #expect(try #require(plan["expected_peak_bytes"]?.integer) > parts.reduce(total, +))
  }

  /// A budget of tokens divides the batch: 32 sequences of 128 tokens go eight at a time.
  @Test func tokensPerBatch() throws {
    let arguments = ["--model", "bert-base", "--batch-size", "32", "--max-length", "128"]
    let (whole, part, eight) = (
      try json(arguments), try json(arguments + ["--tokens-per-batch", "1200"]),
      try json(arguments + ["--batch-size", "8"])
    )
    #expect(whole["sequences_at_a_time"]?.integer == 32 && part["sequences_at_a_time"]?.integer == 8)
    #expect(part["activations_bytes"] == eight["activations_bytes"] && part["batch_size"]?.integer == 32)
    let table = try Program.run(["memory"] + arguments + ["--tokens-per-batch", "1200"], in: TemporaryFolder())
    #expect(table.output.contains("32 sequences of 128 tokens, 8 at a time"), "\(table.output)")
  }

  /// OpenBLAS waits for ever for addresses that a limit denies it.
  @Test(arguments: [
    ["memory", "--model", "bert-base", "--threads", "4"],
    ["run", "--task", "cola", "--threads", "4", "--max-steps", "1"],
  ])
  func tooFewAddresses(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.start(arguments, in: folder, after: "ulimit -v 600000").1()
    #expect(outcome.status == 64 && outcome.errors.contains("ulimit -v"), "\(outcome.errors)")
  }

  @Test func comparison() throws {
    let rows = try json(
      [
        "--model", "llama-7b", "--compare", "adamw,fira,galore", "-O", "fira.rank=4", "-O", "rank=128", "--batch-size",
        "2",
      ])
    #expect(rows.array?.map { $0["optimizer"]?.string } == ["adamw", "fira", "galore"])
    let states = try #require(rows.array).map { $0["optimizer_state"]?["projector"]?.integer ?? 0 }
    #expect(states[0] == 0 && states[2] == 32 * states[1])
    let table = try Program.run(
      ["memory", "--model", "bert-base", "--compare", "adamw,adafactor"], in: TemporaryFolder())
    #expect(table.status == 0 && table.output.split(separator: "\n").count == 4, "\(table.output)")
  }

  @Test(arguments: [
    ([], 64, "--model"), (["--model", "nope"], 66, "gpt2-117m"),
    (["--model", "gpt2-117m", "--max-length", "2000"], 64, "1024"),
    (["--model", "gpt2-117m", "--vocab-size", "0"], 64, "--vocab-size: found \"0\""),
    (["--model", "gpt2-117m", "-O", "rank=1"], 64, "rank"),
    (["--model", "gpt2-117m", "--compare", "adamw,x"], 64, "x"),
    (["--model", "gpt2-117m", "--compare", "adamw", "--optimizer", "fira"], 64, "one of the two"),
    (["--model", "gpt2-117m", "--compare", "adamw", "-O", "rank=1"], 64, "rank=1"),
    (["--model", "llama-7b", "--batch-size", "1000000"], 64, "tokens"),
    (["--model", "bert-base", "--tokens-per-batch", "64", "--update-in-backward"], 64, "one of the two"),
  ]) func faults(_ arguments: [String], status: Int32, expected: String) throws {
    let outcome = try Program.run(["memory"] + arguments, in: TemporaryFolder())
    #expect(outcome.status == status && outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }

  private let base = [
    "--model", CommandTests.model, "--data", CommandTests.data, "--max-steps", "2", "--output", "run",
  ]

  /// What cannot fit is refused with numbers and what would fit, before anything is written; `--force` runs it.
  @Test func refusals() throws {
    let folder = try TemporaryFolder()
    let (little, less) = (["FINETUNE_FREE_MEMORY": "6300000"], ["FINETUNE_FREE_MEMORY": "1000"])
    let outcome = try Program.run(["--task", "cola"] + base, in: folder, little)
    #expect(outcome.status == 64 && outcome.errors.contains("MiB (FINETUNE_FREE_MEMORY)"), "\(outcome.errors)")
    #expect(outcome.errors.contains("--batch-size ") && outcome.errors.contains("--accumulate "), "\(outcome.errors)")
    #expect(outcome.errors.contains("--tokens-per-batch "), "\(outcome.errors)")
    #expect(try Program.run(["--task", "cola"] + base, in: folder, less).errors.contains("smaller model"))
    let grid = ["grid", "--tasks", "cola", "--optimizers", "adamw,adafactor"]
    let refused = try Program.run(grid + base, in: folder, less)
    #expect(refused.status == 64 && refused.errors.contains("cola-adamw"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/run"))
    #expect(try Program.run(grid + base + ["--force"], in: folder, less).status == 0)
  }

  /// Planned and measured stand side by side.
  @Test func plannedAgainstMeasured() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(["--task", "cola", "--json"] + base, in: folder)
    let memory = try #require(try JSON.parse(Array(outcome.output.utf8))["memory"])
    let planned = try #require(memory["planned_peak_bytes"]?.integer)
    let measured = try #require(memory["peak_rss_bytes"]?.integer)
    #expect(memory["planned_optimizer_state_bytes"] == memory["optimizer_state_bytes"])
    // A model of a few kilobytes: nearly all of it is the program, whose size other machines may tell otherwise.
    #expect(measured > 0 && planned > measured * 2 / 3 && planned < measured * 3 / 2, "\(planned) \(measured)")
  }
}
