import Memory
import Models
import Results
import Support
import Tensors
import TestSupport
import Testing
import Training

/// Options that save memory and must not change a bit of the outcome.
@Suite(.serialized) struct SavingMemoryTests {
  private static let options: [[(String, String)]] = [
    [("recompute", "attention")], [("recompute", "layer")], [("update_in_backward", "true")],
    [("recompute", "layer"), ("update_in_backward", "true")],
  ]

  private func fixture(_ model: String, _ optimizer: String, _ values: [(String, String)]) throws -> RunFixture {
    try RunFixture(
      model: model, task: "cola",
      [
        ("optimizer", optimizer), ("learning_rate", "1e-3"), ("max_steps", "6"), ("batch_size", "8"),
        ("dropout", "0.2"), ("eval_limit", "8"), ("threads", "2"), ("save", "last"),
      ] + values)
  }

  /// What a run leaves but for times: its log without them, and its weights.
  private func outcome(_ fixture: RunFixture, in folder: TemporaryFolder, _ name: String) throws -> [ByteString] {
    let (_, log) = try fixture.execute(in: folder, name: name)
    #expect(log.count >= 6)
    let lines = log.map { line in
      ["step", "loss", "learning_rate", "gradient_norm"].map { line[$0]?.summary ?? "" }.joined(separator: " ")
    }
    let weights = try Files.read(folder.path + "/\(name)/model/model.safetensors")
    return lines.map { ByteString($0) } + [ByteString(bytes: weights)]
  }

  @Test(arguments: ["bert-tiny", "albert-tiny", "gpt2-tiny", "llama-tiny"], options)
  func nothingChanges(_ model: String, _ options: [(String, String)]) throws {
    let folder = try TemporaryFolder()
    for clip in ["0.5", "0"] {
      let plain = try outcome(fixture(model, "fira", [("gradient_clip", clip)]), in: folder, "plain\(clip)")
      let saving = try outcome(fixture(model, "fira", [("gradient_clip", clip)] + options), in: folder, "saving\(clip)")
      #expect(plain == saving)
    }
  }

  /// Each saving is planned, and no plan is more than it was.
  @Test func planned() throws {
    let shape = try ModelShape("llama-130m")
    let batch = PackedBatch(lengths: Array(repeating: 256, count: 4))
    func total(_ recomputation: Recomputation, _ updatesInBackward: Bool) throws -> Int {
      let pass = try PassMemory(
        shape, training: [batch], recomputation: recomputation, updatesInBackward: updatesInBackward)
      return try StepPlan(shape, optimizer: "fira", pass: pass).totalBytes
    }
    let (plain, attention) = (try total(.none, false), try total(.attention, false))
    let (layer, backward) = (try total(.layer, false), try total(.none, true))
    #expect(attention < plain && layer < attention && backward < plain)
    // All gradients but those of a layer and of the output are saved.
    #expect(try layer - total(.layer, true) > shape.parameters.reduce(0) { $0 + $1.gradientByteCount } / 3)
  }

  @Test func accumulationIsRefused() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture("bert-tiny", "adamw", [("accumulate", "2"), ("update_in_backward", "true")])
    let error = #expect(throws: TrainingError.self) { try fixture.execute(in: folder) }
    #expect(error?.errorDescription?.contains("--accumulate") == true)
  }
}
