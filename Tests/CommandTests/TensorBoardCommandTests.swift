import Foundation
import Support
import TestSupport
import Testing

/// `--tensorboard`, as the real program writes it; `Tools/check_tensorboard.py` reads the files with the real tensorboard.
@Suite(.serialized) struct TensorBoardCommandTests {
  private let base = [
    "--task", "cola", "--model", SharedData.fixture("models/bert-tiny"), "--data", SharedData.fixture("data/cola"),
    "--threads", "1", "--batch-size", "4", "--eval-limit", "20", "--save", "none", "--quiet",
  ]

  /// The number of entries of an event file of a run, of which there must be one if none is named. The file must be whole
  /// up to `rest` bytes.
  private func entries(_ run: String, file: String? = nil, rest: Int = 0) throws -> Int {
    let names = try file.map { [$0] } ?? Files.entries(run + "/tensorboard")
    try #require(names.count == 1, "\(names)")
    let bytes = try Files.read(run + "/tensorboard/" + names[0])
    var (at, count) = (0, 0)
    while at + 12 <= bytes.count {
      let length = 16 + bytes[at..<(at + 8)].reversed().reduce(0) { $0 << 8 | Int($1) }
      guard at + length <= bytes.count else { break }
      (at, count) = (at + length, count + 1)
    }
    #expect(bytes.count - at <= rest)
    return count
  }

  /// Version, start, settings, one entry for each step and evaluation, and the end; the outcome is that of a run without them.
  @Test func aRun() throws {
    let folder = try TemporaryFolder()
    let steps = ["--max-steps", "6", "--eval-every", "2"]
    #expect(try Program.run(base + steps + ["--tensorboard", "--output", "a"], in: folder).status == 0)
    #expect(try entries(folder.path + "/a") == 3 + 6 + 3 + 1)
    #expect(try Program.run(base + steps + ["--output", "b"], in: folder).status == 0)
    func json(_ name: String) throws -> JSON { try JSON.parse(Files.read(folder.path + "/\(name)/results.json")) }
    #expect(try json("a")["outcome"] == json("b")["outcome"] && json("a")["config"] == json("b")["config"])
    #expect(!Files.exists(folder.path + "/b/tensorboard"))
    // A run that replaces it leaves no curve of the old one, and what the user put there.
    try folder.write("a/tensorboard/notes.txt", "mine")
    #expect(try Program.run(base + steps + ["--output", "a", "--overwrite"], in: folder).status == 0)
    #expect(try Files.entries(folder.path + "/a/tensorboard") == ["notes.txt"])
  }

  /// A run that is resumed adds a file, which says from which step on it counts.
  @Test func aResumedRun() throws {
    let folder = try TemporaryFolder()
    let arguments =
      base + [
        "--max-steps", "1000", "--eval-every", "1000", "--checkpoint-every", "5", "--resume", "--tensorboard",
        "--output", "r",
      ]
    let (process, finish) = try Program.start(arguments, in: folder)
    #expect(wait { !process.isRunning || ((try? Files.read(folder.path + "/r/train_log.jsonl").count) ?? 0) > 2_000 })
    kill(process.processIdentifier, SIGKILL)
    _ = try finish()
    let first = try Files.entries(folder.path + "/r/tensorboard")
    let again = try Program.run(arguments, in: folder)
    #expect(again.status == 0, "\(again.errors)")
    let names = try Files.entries(folder.path + "/r/tensorboard")
    #expect(first.count == 1 && names.count == 2 && names.first == first.first)
    let json = try JSON.parse(Files.read(folder.path + "/r/results.json"))
    let step = try #require(json["measured"]?["resumed_after_steps"]?.array?.first?.integer)
    // Version, start, settings, the steps that are left, one evaluation, and the end.
    #expect(try entries(folder.path + "/r", file: names[1]) == 3 + (1_000 - step) + 1 + 1)
  }

  /// The cells of a grid write them too, and they are the same cells without.
  @Test func aGrid() throws {
    let folder = try TemporaryFolder()
    let grid =
      ["grid", "--tasks", "cola", "--seeds", "1,2"] + base.dropFirst(2) + ["--max-steps", "2", "--output", "g"]
    #expect(try Program.run(grid + ["--tensorboard"], in: folder).status == 0)
    for seed in ["1", "2"] { #expect(try entries(folder.path + "/g/cola-adamw-seed\(seed)") == 7) }
    let again = try Program.run(grid, in: folder)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try entries(folder.path + "/g/cola-adamw-seed1") == 7)
  }

  /// A run that is killed leaves what was written, and a full disk is told.
  @Test func killedAndFull() throws {
    let folder = try TemporaryFolder()
    let (process, finish) = try Program.start(
      base + ["--max-steps", "1000000", "--tensorboard", "--output", "k"], in: folder)
    let log = folder.path + "/k/train_log.jsonl"
    #expect(wait { !process.isRunning || ((try? Files.read(log).count) ?? 0) > 5_000 })
    kill(process.processIdentifier, SIGKILL)
    _ = try finish()
    let lines = try Files.read(log).count { $0 == UInt8(ascii: "\n") }
    // The step that was being written may be in one of the two only.
    #expect(try abs(entries(folder.path + "/k", rest: 400) - 3 - lines) <= 1 + lines / 10)
    let (_, end) = try Program.start(
      base + ["--max-steps", "400", "--eval-every", "10000", "--tensorboard", "--output", "f"], in: folder,
      after: "ulimit -f 40")
    let outcome = try end()
    #expect(outcome.status == 74 && outcome.errors.contains("writing failed: File too large"), "\(outcome.errors)")
    #expect(try JSON.parse(Files.read(folder.path + "/f/results.json"))["status"]?.string == "failed")
    _ = try entries(folder.path + "/f")
  }
}
