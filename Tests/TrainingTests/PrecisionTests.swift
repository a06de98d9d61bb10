import Support
import Tensors
import TestSupport
import Testing
import Training

/// Runs in bfloat16: the same twice, near float32's, and recorded as what they are.
@Suite(.serialized, .enabled(if: Precision.bfloat16.isSupported)) struct PrecisionTests {
  private func losses(_ model: String, _ precision: String, in folder: TemporaryFolder, name: String) throws -> [Double]
  {
    let fixture = try RunFixture(
      model: model, task: "cola",
      [
        ("optimizer", "adamw"), ("learning_rate", "1e-3"), ("max_steps", "20"), ("batch_size", "8"), ("save", "none"),
        ("eval_limit", "8"), ("threads", "2"), ("precision", precision),
      ])
    let (result, log) = try fixture.execute(in: folder, name: name)
    #expect(result.config["precision"]?.string == precision)
    return log.compactMap { $0["loss"]?.double }
  }

  @Test(arguments: ["bert-tiny", "llama-tiny"]) func losses(_ model: String) throws {
    let folder = try TemporaryFolder()
    let single = try losses(model, "f32", in: folder, name: "f32")
    let half = try losses(model, "bf16", in: folder, name: "bf16")
    #expect(try losses(model, "bf16", in: folder, name: "again") == half)
    #expect(single.count == 20 && half.count == 20 && half != single)
    for (step, (left, right)) in zip(single, half).enumerated() {
      #expect(abs(left - right) < 0.02, "step \(step + 1): \(left) and \(right)")
    }
  }
}
