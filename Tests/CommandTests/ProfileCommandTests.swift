import Foundation
import Support
import TestSupport
import Testing

/// `--profile`, as a user sees it.
@Suite(.serialized) struct ProfileCommandTests {
  private let base = [
    "--task", "cola", "--model", CommandTests.model, "--data", CommandTests.data, "--max-steps", "3", "--batch-size",
    "8", "--eval-limit", "16", "--threads", "2", "--quiet",
  ]

  /// The trace has the phases of every step, and the table's rows sum to the wall time.
  @Test(arguments: ["run", "interrupted"]) func phases(_ kind: String) throws {
    let folder = try TemporaryFolder()
    // A run that diverges leaves a profile of what there is.
    let more = kind == "run" ? ["--checkpoint-every", "1"] : ["--learning-rate", "1e38", "--warmup-steps", "0"]
    let outcome = try Program.run(base + more + ["--output", "run", "--profile", "t.json"], in: folder)
    #expect(outcome.status == (kind == "run" ? 0 : 76), "\(outcome.errors)")
    let trace = try JSON.parse(Files.read(folder.path + "/t.json"))
    let phases = try #require(trace["otherData"]?["phases"]?.array)
    func count(_ name: String) -> Int? { phases.first { $0["name"]?.string == name }?["count"]?.integer }
    let seconds = try #require(trace["otherData"]?["seconds"]?.double)
    #expect(abs(phases.compactMap { $0["seconds"]?.double }.reduce(0, +) - seconds) < 1e-6)
    #expect(count("preparation") == 1 && count("loading weights") == 1)
    let steps = try #require(count("forward"))
    #expect(steps >= 1 && count("backward") == steps)
    let text = kind == "run" ? outcome.output : outcome.errors
    let rows = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows.contains { $0.starts(with: ["wall", "time"]) } && rows.contains { $0.first == "linear" })
    let events = try #require(trace["traceEvents"]?.array)
    #expect(events.contains { $0["args"]?["of"]?.string?.hasPrefix("bert.encoder.layer.0") == true })
    guard kind == "run" else { return }
    #expect(steps == 3 && count("optimizer") == 3 && count("gradient norm") == 3 && count("batch") == 3)
    #expect(count("states") == 3 && count("saving") == 1 && count("results") == 1 && count("log") == 3)
    for name in ["update", "attention", "layerNorm", "pass"] {
      #expect(events.contains { $0["name"]?.string == name }, "\(name)")
    }
  }

  /// A profile changes nothing of a run.
  @Test func outcomeIsTheSame() throws {
    let folder = try TemporaryFolder()
    for (name, more) in [("plain", []), ("profiled", ["--profile", "t.json"])] {
      #expect(try Program.run(base + more + ["--output", name], in: folder).status == 0)
    }
    let outcomes = try ["plain", "profiled"].map {
      try JSON.parse(Files.read(folder.path + "/\($0)/results.json"))["outcome"]
    }
    #expect(outcomes[0] == outcomes[1] && outcomes[0] != nil)
    let json = try Program.run(
      base + ["--profile", "t.json", "--overwrite", "--json", "--output", "profiled"], in: folder)
    #expect(json.status == 0 && json.errors.contains("wall time"), "\(json.errors)")
    #expect(try JSON.parse(Array(json.output.utf8))["status"]?.string == "completed")
  }

  /// What cannot be written is told before anything is done.
  @Test func faults() throws {
    let folder = try TemporaryFolder()
    try folder.write("mine.json", "mine")
    for (arguments, status, expected) in [
      (["--profile", "none/t.json"], 73, "there is no folder none"), (["--profile", "."], 65, "is a folder"),
      (["--profile", "mine.json"], 73, "it exists"), (["--profile", "t.json", "--seeds", "1,2"], 64, "--profile"),
      (["--profile", "run/t.json"], 73, "there is no folder run"),
    ] as [([String], Int32, String)] {
      let outcome = try Program.run(base + ["--output", "run"] + arguments, in: folder)
      #expect(outcome.status == status && outcome.errors.contains(expected), "\(arguments) \(outcome.errors)")
      #expect(!Files.exists(folder.path + "/run") && !Files.exists(folder.path + "/t.json"))
    }
    let grid = try Program.run(
      ["grid", "--tasks", "cola", "--optimizers", "adamw", "--profile", "t.json", "--output", "grid"], in: folder)
    #expect(grid.status == 64 && grid.errors.contains("--profile"), "\(grid.errors)")
    #expect(try Files.read(folder.path + "/mine.json") == Array("mine".utf8))
  }
}
