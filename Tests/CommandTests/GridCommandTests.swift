import Foundation
import Support
import TestSupport
import Testing

@Suite(.serialized) struct GridCommandTests {
  private func arguments(_ output: String, steps: Int = 12, rates: String = "3e-4,1e-3") -> [String] {
    [
      "grid", "--tasks", "cola", "--optimizers", "adamw,fira", "--learning-rates", rates, "--seeds", "1,2", "-O",
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
        let timings = [
          "train_seconds", "tokens_per_second", "peak_rss_bytes", "command", "seconds", "attempts", "jobs",
          "planned_peak_bytes",
        ]
        return .object(
          JSONObject(
            object.members.filter { !timings.contains($0.key.description) }.map { .init($0.key, strip($0.value)) }))
      default: return json
      }
    }
    return strip(try JSON.parse(Files.read(path + "/grid.json")))
  }

  /// Killed without a chance to clean up and started again, it ends as if it had not been killed.
  @Test(arguments: [1, 2]) func killedAndStartedAgain(jobs: Int) throws {
    let folder = try TemporaryFolder()
    #expect(try Program.run(arguments("whole"), in: folder).status == 0)
    let several = ["--jobs", String(jobs)]
    let (process, finish) = try Program.start(arguments("killed") + several, in: folder)
    let fourth = folder.path + "/killed/cola-adamw-lr0.001-seed2/train_log.jsonl"
    #expect(wait { !process.isRunning || Files.exists(fourth) })
    kill(process.processIdentifier, SIGKILL)
    _ = try finish()
    let finished = folder.path + "/killed/cola-adamw-lr0.0003-seed1/"
    let before = try ["results.json", "train_log.jsonl", "model/model.safetensors"].map {
      try Files.read(finished + $0)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/killed/cola-fira-lr0.001-seed2"))

    let again = try Program.run(arguments("killed") + several, in: folder)
    #expect(again.status == 0 && again.errors.contains("have finished before"))
    #expect(
      try ["results.json", "train_log.jsonl", "model/model.safetensors"].map { try Files.read(finished + $0) } == before
    )
    #expect(try record(folder.path + "/killed") == record(folder.path + "/whole"))
    let json = try record(folder.path + "/whole")
    #expect(json["cells"]?.array?.count == 8 && json["groups"]?.array?.count == 4 && json["winners"]?.array?.count == 2)
    #expect(json["status"]?.string == "completed")
  }

  private let first = ["cola-adamw-lr0.0003-seed1", "cola-adamw-lr0.001-seed1"]

  private func size(_ path: String) -> Int { (try? Files.read(path).count) ?? 0 }

  /// Starts a grid of long cells, two at a time, and waits until both of the first two take steps.
  private func startLong(_ folder: TemporaryFolder) throws -> (Process, () throws -> Program.Outcome, logs: [String]) {
    let (process, finish) = try Program.start(arguments("g", steps: 100_000) + ["--jobs", "2"], in: folder)
    let logs = first.map { folder.path + "/g/" + $0 + "/train_log.jsonl" }
    #expect(wait { !process.isRunning || logs.allSatisfy { size($0) >= 100 } })
    return (process, finish, logs)
  }

  /// No run can outlive a grid that was killed, and write beside its successor.
  @Test func aKilledGridTakesItsRunsWithIt() throws {
    let folder = try TemporaryFolder()
    let (process, finish, logs) = try startLong(folder)
    kill(process.processIdentifier, SIGKILL)
    _ = try finish()
    usleep(300_000)
    let sizes = logs.map(size)
    usleep(300_000)
    #expect(logs.map(size) == sizes)
  }

  /// A signal ends every cell in order, and the grid says how to go on. Until then the status can be read, and a second
  /// grid is kept out.
  @Test(arguments: [SIGTERM, SIGINT, SIGHUP]) func interruption(_ signal: Int32) throws {
    let folder = try TemporaryFolder()
    let (process, finish, _) = try startLong(folder)
    // What these print must not replace what the grid prints.
    let (elsewhere, path) = (try TemporaryFolder(), folder.path + "/g")
    let status = try Program.run(["grid", "status", path, "--json"], in: elsewhere)
    let json = try JSON.parse(Array(status.output.utf8))
    #expect(status.status == 0 && json["running"]?.bool == true && json["counts"]?["running"]?.integer == 2)
    #expect(json["cells"]?.array?.first?["total_steps"]?.integer == 100_000)
    let second = try Program.run(arguments(path, steps: 100_000), in: elsewhere)
    #expect(second.status == 73 && second.errors.contains("another grid"), "\(second.errors)")

    kill(process.processIdentifier, signal)
    let outcome = try finish()
    #expect(outcome.status == 75 && outcome.errors.contains("to go on"))
    for cell in first {
      let record = try JSON.parse(Files.read(folder.path + "/g/" + cell + "/results.json"))
      #expect(record["status"]?.string == "interrupted")
    }
    let after = try Program.run(["grid", "status", "g"], in: folder)
    #expect(
      after.output.contains("not running") && after.output.contains("2 interrupted, 6 pending"), "\(after.output)")
    let statuses = try JSON.parse(Files.read(path + "/grid.json"))["cells"]?.array?.map { $0["status"]?.string }
    #expect(statuses == ["interrupted", "interrupted"] + Array(repeating: "pending", count: 6))
    // What finds the folder from the file too.
    #expect(try Program.run(["grid", "status", "g/grid.json"], in: folder).output == after.output)
  }

  /// A cell that is killed is run once more, and the grid's outcome is that of an undisturbed one.
  @Test func aKilledCell() throws {
    let folder = try TemporaryFolder()
    #expect(try Program.run(arguments("whole", steps: 100, rates: "1e-3"), in: folder).status == 0)
    let (process, finish) = try Program.start(
      arguments("g", steps: 100, rates: "1e-3") + ["--jobs", "2"], in: folder)
    let cell = folder.path + "/g/cola-fira-lr0.001-seed1"
    #expect(wait { !process.isRunning || size(cell + "/train_log.jsonl") >= 100 })
    let words = Files.lines(cell + "/.finetune-run").first?.split(separator: " ") ?? []
    kill(try #require(words.count > 1 ? pid_t(words[1]) : nil), SIGKILL)
    let outcome = try finish()
    #expect(outcome.status == 0 && outcome.errors.contains("run once more"), "\(outcome.errors)")
    let json = try JSON.parse(Files.read(folder.path + "/g/grid.json"))
    #expect(json["cells"]?.array?[1]["attempts"]?.integer == 2)
    #expect(try record(folder.path + "/g") == record(folder.path + "/whole"))
  }

  /// Stopped by a signal and started again, cells go on after their last step, to the same outcome.
  @Test func stoppedAndStartedAgain() throws {
    let folder = try TemporaryFolder()
    #expect(try Program.run(arguments("whole", steps: 100, rates: "1e-3"), in: folder).status == 0)
    let command = arguments("g", steps: 100, rates: "1e-3") + ["--jobs", "2", "--checkpoint-every", "20"]
    let (process, finish) = try Program.start(command, in: folder)
    let cell = folder.path + "/g/cola-fira-lr0.001-seed1"
    #expect(wait { !process.isRunning || size(cell + "/train_log.jsonl") >= 1_000 })
    kill(process.processIdentifier, SIGTERM)
    #expect(try finish().status == 75)
    // A state that is damaged costs the steps up to it, and no more.
    let states = folder.path + "/g/cola-adamw-lr0.001-seed1/state"
    for state in (try? Files.entries(states)) ?? [] {
      try Files.writeAtomically(states + "/" + state + "/weights.safetensors", Array("damaged".utf8))
    }
    let again = try Program.run(command, in: folder)
    #expect(again.status == 0, "\(again.errors)")
    let log = try Files.read(folder.path + "/g/logs/cola-fira-lr0.001-seed1.txt")
    #expect(String(decoding: log, as: UTF8.self).contains("resumed after step"))
    #expect(try record(folder.path + "/g") == record(folder.path + "/whole"))
    #expect(!Files.exists(cell + "/state"))
  }

  /// A cell that does not fit beside another waits for its end, and is not failed. A dry run says what will happen and
  /// writes nothing.
  @Test func memoryForOneAtATime() throws {
    let folder = try TemporaryFolder()
    let dry = try Program.run(arguments("g") + ["--dry-run", "--json", "--jobs", "2"], in: folder)
    let forecast = try JSON.parse(Array(dry.output.utf8))
    #expect(dry.status == 0 && !Files.exists(folder.path + "/g"))
    #expect(forecast["cells"]?.array?.count == 8 && forecast["at_once"]?.integer == 2)
    let needs = try #require(forecast["cells"]?.array?.compactMap { $0["planned_peak_bytes"]?.integer })
    let free = ["FINETUNE_FREE_MEMORY": String((needs.max() ?? 0) * 3 / 2)]
    let outcome = try Program.run(arguments("g") + ["--jobs", "2"], in: folder, free)
    #expect(outcome.status == 0 && outcome.errors.contains("waits for memory"), "\(outcome.errors)")
    let json = try JSON.parse(Files.read(folder.path + "/g/grid.json"))
    #expect(json["cells"]?.array?.allSatisfy { $0["status"]?.string == "completed" } == true)
    let table = try Program.run(arguments("g") + ["--dry-run"], in: folder)
    #expect(table.output.contains("8 of them finished"), "\(table.output)")
  }

  /// Real runs are cut by what they write while they run, alike for one job and two.
  @Test func stopping() throws {
    let folder = try TemporaryFolder()
    func cells(_ jobs: Int) throws -> [JSON?] {
      let outcome = try Program.run(
        arguments("g\(jobs)", steps: 40, rates: "1e-5,1e-4,3e-4,1e-3,1e-2") + [
          "--eval-every", "4", "--stop", "median", "--jobs", String(jobs),
        ], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let json = try JSON.parse(Files.read(folder.path + "/g\(jobs)/grid.json"))
      return (json["cells"]?.array ?? []).flatMap { [$0["name"], $0["status"], $0["stop"], $0["metrics"]] }
    }
    let one = try cells(1)
    #expect(one.contains(.text("cut")) && one.contains(.text("completed")))
    #expect(try cells(2) == one)
  }

  /// A best rate at the edge is told once, with what goes on beyond it.
  @Test func edgeOfTheRates() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(
      [
        "grid", "--tasks", "cola", "--optimizers", "adamw", "--learning-rates", "1e-3,1e-2", "--seeds", "1..2",
        "--model",
        SharedData.fixture("models/llama-tiny"), "--data", SharedData.fixture("data/cola"), "--max-steps", "20",
        "--threads", "1", "--output", "g",
      ], in: folder)
    let winners = try JSON.parse(Files.read(folder.path + "/g/grid.json"))["winners"]?.array ?? []
    #expect(winners.count == 1, "\(outcome)")
    let lines = (outcome.output + outcome.errors).split(separator: "\n").filter { $0.contains(" tried") }
    #expect(lines.count == 1 && lines[0].hasPrefix("edge: the best rate of cola adamw, "), "\(outcome)")
    #expect(lines.first?.hasSuffix("one may be better; --extend goes on there") == true)
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
    (["--optimizers", "adamw,nope"], 64, "nope"), (["--learning-rates", "fira:0"], 64, "above 0"),
    (["-O", "rank=4"], 64, "rank"), (["-O", "lion.beta1=0.5"], 64, "no optimizer lion"),
    (["--tasks", "nope"], 66, "nope"), (["--seed", "3"], 64, "--seeds"), (["--overwrite"], 64, "--overwrite"),
    (["--resume"], 64, "--resume"),
    (["--grid", "/nope.yaml"], 66, "/nope.yaml"), (["--optimizers", "adamv,fira"], 64, "did you mean adam"),
    (["--jobs", "0"], 64, "--jobs"), (["--jobs", "two"], 64, "--jobs"), (["--stop", "soon"], 64, "--stop"),
    (["--axis", "nope=1"], 64, "nope"), (["--axis", "batch_size=1..x"], 64, "--axis batch_size"),
    (["--axis", "learning_rate=1"], 64, "--learning-rates is given too"), (["--data", "/nope"], 64, "is given too"),
    (["--data", "mrpc=/nope"], 64, "no task mrpc"), (["--learning-rates", "1e-3"], 64, "--learning-rates"),
    (["--learning-rates", "lion:1e-3"], 64, "no optimizer lion"),
  ]) func faults(_ extra: [String], status: Int32, expected: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(arguments("g") + extra, in: folder)
    #expect(outcome.status == status && outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/g"))
  }

  @Test(arguments: [
    (["nothing"], 66, "nothing"), (["."], 66, "no grid.json"), ([], 64, "dir"), ([".", "--jobs", "2"], 64, "--jobs"),
    ([".", "--quiet"], 64, "--quiet"),
  ]) func faultsOfStatus(_ more: [String], status: Int32, expected: String) throws {
    let outcome = try Program.run(["grid", "status"] + more, in: TemporaryFolder())
    #expect(outcome.status == status && outcome.errors.contains(expected), "\(outcome)")
  }
}
