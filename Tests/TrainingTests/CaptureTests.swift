import Checkpoints
import Foundation
import Support
import TestSupport
import Testing
import Training

@Suite(.serialized) struct CaptureTests {
  private func fixture(_ steps: Int, _ values: [(String, String)]) throws -> RunFixture {
    try RunFixture(
      model: "bert-tiny", task: "cola",
      [
        ("batch_size", "16"), ("max_steps", "\(steps)"), ("max_length", "48"), ("schedule", "constant"),
        ("warmup_ratio", "0"), ("gradient_clip", "0"), ("no_shuffle", "true"), ("save", "none"), ("threads", "2"),
      ] + values)
  }

  private func capture(_ folder: TemporaryFolder, _ name: String, _ step: Int) throws -> SafetensorsFile {
    try SafetensorsFile(path: "\(folder.path)/\(name)/second-moments-\(step).safetensors")
  }

  /// The second moments of torch.optim.AdamW after 40 steps of the same run: `Tools/make_second_moment_fixtures.py`.
  @Test func equalsTorch() throws {
    let folder = try TemporaryFolder()
    _ = try fixture(40, [("learning_rate", "1e-3"), ("capture", "second-moments@40,3,40")]).execute(in: folder)
    let (ours, reference) = (
      try capture(folder, "run", 40), try SafetensorsFile(path: SharedData.fixture("second_moments.safetensors"))
    )
    let names = reference.entries.map(\.name).filter { $0.hasPrefix("V/") }
    #expect(names.count == 5)
    for name in names {
      let (difference, norm) = distance(
        try ours.tensor(String(name.dropFirst(2))).values, try reference.tensor(name).values)
      #expect(difference < 1e-3 * norm, "\(name): \(difference / norm)")
    }
    #expect(try capture(folder, "run", 3).metadata.contains { $0.key == "step" && $0.value == "3" })
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/run")
    #expect(files.count { $0.hasPrefix("second-moments-") } == 2)
  }

  /// Where a rule keeps no second moment, or only a projected one, the average made for it is Adam's own.
  @Test(arguments: ["lion", "fira", "adafactor"]) func averagesWhereThereAreNone(_ optimizer: String) throws {
    let folder = try TemporaryFolder()
    // At this rate no weight moves, so all have the same gradients.
    let values = [("learning_rate", "1e-30"), ("capture", "second-moments@5"), ("gradient_clip", "0.1")]
    _ = try fixture(5, values).execute(in: folder, name: "adamw")
    _ = try fixture(5, values + [("optimizer", optimizer)]).execute(in: folder, name: "other")
    let (theirs, ours) = (try capture(folder, "adamw", 5), try capture(folder, "other", 5))
    #expect(ours.entries.map(\.name) == theirs.entries.map(\.name) && ours.entries.count > 20)
    for entry in theirs.entries {
      let (difference, norm) = distance(try ours.tensor(entry.name).values, try theirs.tensor(entry.name).values)
      #expect(norm > 0 && difference < 1e-5 * norm, "\(entry.name): \(difference / norm)")
    }
  }

  @Test func faultsAndOverwriting() throws {
    let folder = try TemporaryFolder()
    for text in ["second-moments", "second-moments@", "second-moments@0", "second-moments@1,,2", "gradients@1", "@1"] {
      #expect(throws: TrainingError.self) { try fixture(2, [("capture", text)]) }
    }
    let late = try fixture(2, [("capture", "second-moments@1,3")])
    #expect(throws: TrainingError.self) { try late.execute(in: folder, name: "late") }
    // A refused run leaves nothing behind.
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/late"))
    _ = try fixture(2, [("capture", "second-moments@1")]).execute(in: folder)
    _ = try fixture(2, [("overwrite", "true")]).execute(in: folder)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/run/second-moments-1.safetensors"))
  }
}
