import Foundation
import Support
import TestSupport
import Testing

/// `finetune analyze` as a user runs it.
@Suite(.serialized) struct AnalyzeCommandTests {
  private var base: [String] {
    [
      "--task", "cola", "--model", CommandTests.model, "--data", CommandTests.data, "--max-steps", "3", "--batch-size",
      "8", "--save", "none", "--quiet",
    ]
  }

  private func files(_ folder: TemporaryFolder, _ name: String) throws -> Set<String> {
    Set(try Files.entries(folder.path + "/" + name)).subtracting([FolderClaim.fileName])
  }

  @Test func captureAndFactorization() throws {
    let folder = try TemporaryFolder()
    let run = base + ["--capture", "second-moments@1,3", "--output", "run"]
    #expect(try Program.run(run, in: folder).status == 0)
    let arguments = ["analyze", "factorization", "--input", "run", "--ranks", "1,4", "--output", "found"]
    let outcome = try Program.run(arguments, in: folder)
    #expect(outcome.status == 0 && outcome.output.contains("rank-1 rule"), "\(outcome.errors)")
    #expect(try files(folder, "found") == ["factorization.json", "factorization.svg"])
    let json = try JSON.parse(Files.read(folder.path + "/found/factorization.json"))
    #expect(json["ranks"]?.array?.compactMap(\.integer) == [1, 4])
    #expect(json["input"]?["metadata"]?["step"]?.string == "3")
    #expect(try Program.run(arguments, in: folder).status == 73)
    let printed = try Program.run(arguments + ["--overwrite", "--step", "1", "--json"], in: folder)
    #expect(try JSON.parse(Array(printed.output.utf8))["input"]?["metadata"]?["step"]?.string == "1")
  }

  @Test(arguments: [
    ("scaling", ["scaling.json", "scaling-matrices.svg", "scaling-columns.svg"], "fira"),
    ("rank", ["rank.json", "rank.svg"], "adapprox"),
  ]) func analysesOfARun(_ name: String, _ expected: [String], optimizer: String) throws {
    let folder = try TemporaryFolder()
    let arguments = ["analyze", name] + base + ["--output", "run"]
    let outcome = try Program.run(arguments + ["--json"], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let json = try JSON.parse(Array(outcome.output.utf8))
    #expect(json["optimizer"]?["name"]?.string == optimizer && json["analysis"]?.object != nil)
    #expect(try files(folder, "run").isSuperset(of: expected + ["results.json", "train_log.jsonl"]))
    let written = try JSON.parse(Files.read(folder.path + "/run/\(name).json"))
    #expect(written["steps"]?.array?.compactMap(\.integer) == [1, 2, 3])
    #expect(try Program.run(arguments, in: folder).status == 73)
  }

  /// A run that diverges leaves what was seen until then.
  @Test func divergence() throws {
    let folder = try TemporaryFolder()
    let faults = ["--learning-rate", "1e38", "--warmup-ratio", "0", "--gradient-clip", "0", "--output", "run"]
    let outcome = try Program.run(["analyze", "scaling"] + base + faults, in: folder)
    #expect(outcome.status == 76, "\(outcome.errors)")
    #expect(try files(folder, "run").contains("scaling.json"))
  }

  @Test(arguments: [
    (["factorization", "--input", "/nope"], 66, "/nope"), (["factorization"], 64, "--input"),
    (["factorization", "--input", "/tmp", "--ranks", "0"], 64, "--ranks"),
    (["factorization", "--input", "/tmp", "--repeats", "0"], 64, "--repeats"),
    (["factorization", "--input", "."], 66, "--capture second-moments@"),
    (["scaling", "--task", "cola", "--optimizer", "adamw"], 64, "fira or fira-only-scaling"),
    (["scaling", "--task", "cola", "--skip", "-1"], 64, "--skip"),
    (["rank", "--task", "cola", "--optimizer", "fira"], 64, "adapprox"), (["nope"], 64, "nope"),
  ]) func faults(_ arguments: [String], status: Int32, expected: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(["analyze"] + arguments, in: folder)
    #expect(outcome.status == status && outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1 && outcome.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/runs"))
  }

  @Test(arguments: ["factorization", "scaling", "rank"]) func helpHasAnExample(_ name: String) throws {
    let outcome = try Program.run(["analyze", name, "--help"], in: TemporaryFolder())
    #expect(outcome.status == 0 && outcome.output.contains("finetune analyze \(name) --"))
  }
}
