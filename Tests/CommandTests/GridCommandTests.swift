import Foundation
import Support
import TestSupport
import Testing

@Suite(.serialized) struct GridCommandTests {
  private func arguments(_ output: String, steps: Int = 12) -> [String] {
    [
      "grid", "--tasks", "cola", "--optimizers", "adamw,fira", "--learning-rates", "3e-4,1e-3", "--seeds", "1,2", "-O",
      "fira.rank=4", "--model", SharedData.fixture("models/llama-tiny"), "--data", SharedData.fixture("data/cola"),
      "--max-steps", String(steps), "--threads", "1", "--output", output,
    ]
  }

  /// `grid.json` without what differs between two runs of the same grid.
  private func record(_ path: String) throws -> JSON {
    func strip(_ json: JSON) -> JSON {
      switch json {
      case .array(let items): return .array(items.map(strip))
      case .object(let object):
        let timings = ["train_seconds", "tokens_per_second", "peak_rss_bytes", "command"]
        return .object(
          JSONObject(
            object.members.filter { !timings.contains($0.key.description) }.map { .init($0.key, strip($0.value)) }))
      default: return json
      }
    }
    return strip(try JSON.parse(Files.read(path + "/grid.json")))
  }

  /// Killed without a chance to clean up and started again, it ends as if it had not been killed.
  @Test func killedAndStartedAgain() throws {
    let folder = try TemporaryFolder()
    #expect(try Program.run(arguments("whole"), in: folder).status == 0)
    let (process, finish) = try Program.start(arguments("killed"), in: folder)
    let fourth = folder.path + "/killed/cola-adamw-lr0.001-seed2/train_log.jsonl"
    #expect(wait { !process.isRunning || Files.exists(fourth) })
    kill(process.processIdentifier, SIGKILL)
    _ = try finish()
    let finished = folder.path + "/killed/cola-adamw-lr0.0003-seed1/"
    let before = try ["results.json", "train_log.jsonl", "model/model.safetensors"].map {
      try Files.read(finished + $0)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/killed/cola-fira-lr0.001-seed2"))

    let again = try Program.run(arguments("killed"), in: folder)
    #expect(again.status == 0 && again.errors.contains("have finished before"))
    #expect(
      try ["results.json", "train_log.jsonl", "model/model.safetensors"].map { try Files.read(finished + $0) } == before
    )
    #expect(try record(folder.path + "/killed") == record(folder.path + "/whole"))
    let json = try record(folder.path + "/whole")
    #expect(json["cells"]?.array?.count == 8 && json["groups"]?.array?.count == 4 && json["winners"]?.array?.count == 2)
    #expect(json["status"]?.string == "completed")
  }

  /// A run cannot outlive a grid that was killed, and write beside its successor.
  @Test func aKilledGridTakesItsRunWithIt() throws {
    let folder = try TemporaryFolder()
    let (process, finish) = try Program.start(arguments("g", steps: 100_000), in: folder)
    let log = folder.path + "/g/cola-adamw-lr0.0003-seed1/train_log.jsonl"
    #expect(wait { !process.isRunning || ((try? Files.read(log).count) ?? 0) >= 100 })
    kill(process.processIdentifier, SIGKILL)
    _ = try finish()
    usleep(300_000)
    let size = try Files.read(log).count
    usleep(300_000)
    #expect(try Files.read(log).count == size)
  }

  /// A signal ends the cell in order, and the grid says how to go on.
  @Test func interruption() throws {
    let folder = try TemporaryFolder()
    let (process, finish) = try Program.start(arguments("g", steps: 100_000), in: folder)
    let cell = folder.path + "/g/cola-adamw-lr0.0003-seed1"
    #expect(wait { !process.isRunning || ((try? Files.read(cell + "/train_log.jsonl").count) ?? 0) >= 100 })
    kill(process.processIdentifier, SIGTERM)
    let outcome = try finish()
    #expect(outcome.status == 75 && outcome.errors.contains("to go on"))
    #expect(try JSON.parse(Files.read(cell + "/results.json"))["status"]?.string == "interrupted")
  }

  private func seeds(_ seeds: String, _ more: [String] = []) -> [String] {
    [
      "run", "--task", "cola", "--seeds", seeds, "--model", SharedData.fixture("models/bert-tiny"), "--data",
      SharedData.fixture("data/cola"), "--max-steps", "4", "--eval-limit", "20", "--threads", "1", "--output", "s",
    ] + more
  }

  /// `run --seeds` is one run for each seed, each the same as a run of its own, and says how they scatter.
  @Test func severalSeeds() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(seeds("1,2"), in: folder)
    #expect(outcome.status == 0 && outcome.output.contains("seed 1") && outcome.output.contains("sd"), "\(outcome)")
    let alone = try Program.run(
      seeds("1").filter { $0 != "--seeds" && $0 != "1" && $0 != "--threads" && $0 != "s" && $0 != "--output" } + [
        "--threads", "1", "--seed", "1", "--output", "alone",
      ], in: folder)
    #expect(alone.status == 0, "\(alone.errors)")
    func result(_ path: String) throws -> JSON {
      try JSON.parse(Files.read(folder.path + "/" + path + "/results.json"))
    }
    #expect(try result("s/seed-1")["outcome"] == result("alone")["outcome"])
    let json = try JSON.parse(Files.read(folder.path + "/s/seeds.json"))
    let accuracy = try #require(json["metrics"]?["dev"]?["accuracy"])
    let values = try ["1", "2"].map { seed in
      try #require(result("s/seed-\(seed)")["metrics"]?["dev"]?["accuracy"]?.double)
    }
    #expect(accuracy["n"]?.integer == 2)
    #expect(accuracy["values"]?.array?.compactMap { $0["value"]?.double } == values)
    #expect(accuracy["values"]?.array?.compactMap { $0["seed"]?.integer } == [1, 2])
    #expect(abs((accuracy["mean"]?.double ?? .nan) - (values[0] + values[1]) / 2) < 1e-12)
    let deviation = abs(values[0] - values[1]) / 2.0.squareRoot()
    #expect(abs((accuracy["standard_deviation"]?.double ?? .nan) - deviation) < 1e-12)
    #expect(abs((accuracy["standard_error"]?.double ?? .nan) - deviation / 2.0.squareRoot()) < 1e-12)
    #expect(!Files.exists(folder.path + "/s/grid.svg"))

    // Started again with one seed more, it keeps what is there.
    let before = try Files.read(folder.path + "/s/seed-2/results.json")
    let again = try Program.run(seeds("1,2,3", ["--json"]), in: folder)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try Files.read(folder.path + "/s/seed-2/results.json") == before)
    let printed = try JSON.parse(Array(again.output.utf8))
    #expect(printed["metrics"]?["dev"]?["accuracy"]?["n"]?.integer == 3 && printed["runs"]?.array?.count == 3)
    let other = try Program.run(seeds("1,2,3", ["--learning-rate", "1e-3"]), in: folder)
    #expect(other.status == 73 && other.errors.contains("learning_rate"), "\(other.errors)")
  }

  /// A seed that diverges counts in no mean, is named, and is the command's exit status.
  @Test func aSeedThatDiverges() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(
      seeds("1,2", ["--learning-rate", "1e30", "--gradient-clip", "0", "--warmup-steps", "0"]), in: folder)
    #expect(outcome.status == 76 && outcome.output.contains("seed 2 diverged: step"), "\(outcome)")
    #expect(try JSON.parse(Files.read(folder.path + "/s/seeds.json"))["metrics"]?.object?.members.isEmpty == true)
  }

  @Test(arguments: [
    ("1,1", [], "given twice"), ("1,", [], "--seeds"), ("x", [], "--seed"),
    ("1", ["--seed", "2"], "expected one of the two"),
    ("1", ["--overwrite"], "--overwrite"), ("1", ["--layer-decay", "0.5", "--method", "head"], "--layer-decay"),
  ]) func faultsOfSeeds(_ list: String, _ more: [String], expected: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(seeds(list, more), in: folder)
    #expect(outcome.status == 64 && outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(!Files.exists(folder.path + "/s"))
  }

  @Test func otherSettingsAreRefused() throws {
    let folder = try TemporaryFolder()
    #expect(try Program.run(arguments("g", steps: 2), in: folder).status == 0)
    let before = try Files.read(folder.path + "/g/grid.json")
    let outcome = try Program.run(arguments("g", steps: 3), in: folder)
    #expect(outcome.status == 73 && outcome.errors.contains("max_steps was \"2\", is now \"3\""), "\(outcome.errors)")
    #expect(try Files.read(folder.path + "/g/grid.json") == before)
    try folder.write("other/notes.txt", "mine")
    #expect(try Program.run(arguments("other"), in: folder).status == 73)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/other") == ["notes.txt"])
  }

  @Test(arguments: [
    (["--seeds", "1,1"], 64, "given twice"), (["--seeds", "1,"], 64, "--seeds"), (["--seeds", "x"], 64, "--seed"),
    (["--optimizers", "adamw,nope"], 64, "nope"), (["--learning-rates", "0"], 64, "above 0"),
    (["-O", "rank=4"], 64, "rank"), (["-O", "lion.beta1=0.5"], 64, "no optimizer lion"),
    (["--tasks", "nope"], 66, "nope"), (["--seed", "3"], 64, "--seeds"), (["--overwrite"], 64, "--overwrite"),
    (["--grid", "/nope.yaml"], 66, "/nope.yaml"), (["--optimizers", "adamv,fira"], 64, "did you mean adam"),
  ]) func faults(_ extra: [String], status: Int32, expected: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(arguments("g") + extra, in: folder)
    #expect(outcome.status == status && outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/g"))
  }
}
