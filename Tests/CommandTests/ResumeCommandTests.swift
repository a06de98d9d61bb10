import Foundation
import Support
import TestSupport
import Testing

/// `--resume` of the program, stopped as the world stops programs.
@Suite(.serialized) struct ResumeCommandTests {
  private let command = [
    "--task", "cola", "--model", SharedData.fixture("models/bert-tiny"), "--data", SharedData.fixture("data/cola"),
    "--max-steps", "3000", "--eval-every", "500", "--threads", "1", "--batch-size", "4", "--output", "o", "--quiet",
  ]

  /// What equal runs have equal.
  private func outcome(_ folder: TemporaryFolder) throws -> [JSON?] {
    let results = try JSON.parse(Files.read(folder.path + "/o/results.json"))
    let losses = try Files.read(folder.path + "/o/train_log.jsonl").split(separator: UInt8(ascii: "\n"))
      .map { try JSON.parse($0)["loss"] }
    return [results["outcome"]] + losses
  }

  private func waitForState(_ folder: TemporaryFolder) -> Bool {
    wait {
      ((try? Files.entries(folder.path + "/o/state")) ?? []).contains { $0.hasPrefix("step-") && $0 > "step-00000001" }
    }
  }

  @Test func killedAndStopped() throws {
    let whole = try TemporaryFolder()
    #expect(try Program.run(command, in: whole).status == 0)
    let expected = try outcome(whole)
    let folder = try TemporaryFolder()
    let resumed = command + ["--resume", "--checkpoint-every", "100"]
    for signal in [SIGKILL, SIGTERM, SIGKILL, SIGINT] {
      let (process, finish) = try Program.start(resumed, in: folder)
      #expect(waitForState(folder))
      usleep(200_000)
      guard process.isRunning else { break }
      kill(process.processIdentifier, signal)
      let outcome = try finish()
      if signal != SIGKILL, outcome.status != 0 {
        #expect(outcome.status == 75 && outcome.errors.contains("--resume"), "\(outcome.errors)")
      }
    }
    let last = try Program.run(resumed, in: folder)
    #expect(last.status == 0, "\(last.errors)")
    #expect(try outcome(folder) == expected)
    #expect(!Files.exists(folder.path + "/o/state"))
  }

  /// A signal saves a state even where none was asked for.
  @Test func stoppedWithoutStates() throws {
    let whole = try TemporaryFolder()
    #expect(try Program.run(command, in: whole).status == 0)
    let folder = try TemporaryFolder()
    let (process, finish) = try Program.start(command, in: folder)
    #expect(wait { ((try? Files.read(folder.path + "/o/train_log.jsonl"))?.count ?? 0) > 2_000 })
    kill(process.processIdentifier, SIGTERM)
    #expect(try finish().status == 75)
    let last = try Program.run(command + ["--resume"], in: folder)
    #expect(last.status == 0 && last.errors.contains("resumed after step"), "\(last.errors)")
    #expect(try outcome(folder) == outcome(whole))
  }

  @Test(
    arguments: [
      (
        ["--resume", "--overwrite"], 64,
        "--resume: found --overwrite too, expected one of them: --resume goes on with the run in the folder, "
          + "--overwrite replaces it"
      ),
      (["--checkpoint-every", "0"], 64, "--checkpoint-every: found \"0\", expected a number of steps, or a time"),
    ] as [([String], Int32, String)]) func wrongUse(_ more: [String], _ status: Int32, _ message: String) throws
  {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(command + more, in: folder)
    #expect(outcome.status == status && outcome.errors.contains(message), "\(outcome.errors)")
    #expect(!Files.exists(folder.path + "/o"))
  }

  @Test func noOutput() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(["--task", "cola", "--resume"], in: folder)
    #expect(outcome.status == 64 && outcome.errors.contains("--output is missing"), "\(outcome.errors)")
  }

  /// Two processes that resume one run: one does, the other is told.
  @Test func twoAtOnce() throws {
    let folder = try TemporaryFolder()
    let resumed = command + ["--resume", "--checkpoint-every", "100"]
    let (_, finish) = try Program.start(resumed, in: folder)
    #expect(waitForState(folder))
    let second = try TemporaryFolder()
    let other = try Program.run(
      command.map { $0 == "o" ? folder.path + "/o" : $0 } + ["--resume", "--checkpoint-every", "100"], in: second)
    #expect(other.status == 73 && other.errors.contains("another run (process"), "\(other.errors)")
    #expect(try finish().status == 0)
  }
}
