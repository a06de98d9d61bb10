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

  /// Checkpoints of the fixtures, and the tokenizers of those that have none.
  private static let models = [
    ("bert-tiny", nil), ("llama-tiny", nil), ("albert-tiny", "albert"), ("gpt2-tiny", "gpt2"),
  ]

  private func fixture(
    _ model: (name: String, tokenizer: String?), _ optimizer: String, _ values: [(String, String)],
    in folder: TemporaryFolder
  ) throws -> RunFixture {
    var fixture = try RunFixture(
      model: model.name, task: "cola",
      [
        ("optimizer", optimizer), ("learning_rate", "1e-3"), ("max_steps", "6"), ("batch_size", "8"),
        ("dropout", "0.2"), ("eval_limit", "8"), ("threads", "2"), ("save", "last"),
      ] + values)
    if let tokenizer = model.tokenizer { try fixture.lend(tokenizer, to: model.name, in: folder) }
    return fixture
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

  @Test(arguments: models, options)
  func nothingChanges(_ model: (String, String?), _ options: [(String, String)]) throws {
    let folder = try TemporaryFolder()
    for clip in ["0.5", "0"] {
      func run(_ name: String, _ options: [(String, String)]) throws -> [ByteString] {
        try outcome(
          fixture(model, "fira", [("gradient_clip", clip)] + options, in: folder), in: folder, name + clip)
      }
      #expect(try run("plain", []) == run("saving", options))
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
    let fixture = try fixture(
      ("bert-tiny", nil), "adamw", [("accumulate", "2"), ("update_in_backward", "true")], in: folder)
    let error = #expect(throws: TrainingError.self) { try fixture.execute(in: folder) }
    #expect(error?.errorDescription?.contains("--accumulate") == true)
  }
}
