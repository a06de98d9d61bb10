import Checkpoints
import Memory
import Models
import Optimizers
import Results
import Support
import Tensors
import TestSupport
import Testing
import Training

/// Runs whose matrices are stored in bfloat16.
@Suite(.serialized) struct HalfWeightsTests {
  private func run(
    _ model: String, _ values: [(String, String)], in folder: TemporaryFolder, _ name: String
  ) throws -> (losses: [Double], weights: [UInt8]) {
    let fixture = try RunFixture(
      model: model, task: "cola",
      [
        ("learning_rate", "1e-3"), ("max_steps", "8"), ("batch_size", "8"), ("eval_limit", "8"), ("threads", "2"),
        ("save", "last"),
      ] + values)
    let (_, log) = try fixture.execute(in: folder, name: name)
    return (
      log.compactMap { $0["loss"]?.double }, try Files.read(folder.path + "/\(name)/model/model.safetensors")
    )
  }

  /// Near float32's losses, the same twice, and saved as what they are.
  @Test(arguments: ["bert-tiny", "llama-tiny"]) func nearSinglePrecision(_ model: String) throws {
    let folder = try TemporaryFolder()
    let single = try run(model, [], in: folder, "single")
    let half = try run(model, [("weights", "bf16")], in: folder, "half")
    let again = try run(
      model, [("weights", "bf16"), ("recompute", "layer"), ("update_in_backward", "true")], in: folder, "again")
    #expect(half.losses == again.losses && half.weights == again.weights)
    #expect(single.losses.count == 8 && half.losses != single.losses)
    for (left, right) in zip(single.losses, half.losses) { #expect(abs(left - right) < 0.03, "\(left) and \(right)") }
    let saved = try SafetensorsFile(path: folder.path + "/half/model/model.safetensors")
    #expect(saved.entries.allSatisfy { ($0.type == .bf16) == ($0.shape.count == 2) })
    #expect(Double(half.weights.count) < 0.6 * Double(single.weights.count))
  }

  /// Each optimizer changes the matrices, and they stay finite.
  @Test(arguments: OptimizerRegistry.specifications.map(\.name)) func optimizers(_ name: String) throws {
    let folder = try TemporaryFolder()
    let first = try run("bert-tiny", [("optimizer", name), ("weights", "bf16"), ("max_steps", "1")], in: folder, "one")
    let all = try run("bert-tiny", [("optimizer", name), ("weights", "bf16")], in: folder, "all")
    #expect(all.losses.count == 8 && all.losses.allSatisfy(\.isFinite) && first.weights != all.weights)
  }

  @Test func planned() throws {
    let (single, half) = (try ModelShape("llama-1b"), try ModelShape("llama-1b", weights: .bfloat16))
    let batch = PackedBatch(lengths: [64])
    func plan(_ shape: ModelShape) throws -> StepPlan {
      try StepPlan(shape, optimizer: "fira", pass: PassMemory(shape, training: [batch]))
    }
    let ratio = Double(try plan(half).memory.parametersBytes) / Double(try plan(single).memory.parametersBytes)
    #expect(abs(ratio - 0.5) < 0.001)
  }
}
