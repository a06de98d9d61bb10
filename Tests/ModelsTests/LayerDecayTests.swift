import Models
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// Layer-wise decay of the learning rate: factors against BEiT's assigner, losses against PyTorch's parameter groups.
@Suite(.serialized) struct LayerDecayTests {
  static func cases() throws -> [JSON] {
    try #require(try JSON.parse(Files.read(SharedData.fixture("run_settings.json")))["layer_decay"]?.array)
  }

  @Test(arguments: try LayerDecayTests.cases().map { $0["family"]?.string ?? "" })
  func factorsAndLosses(_ family: String) throws {
    ThreadPool.shared.configure(threads: 2)
    let json = try #require(try LayerDecayTests.cases().first { $0["family"]?.string == family })
    let fixture = try HeadFixture(
      HeadCase(family: family, head: "classification", folder: HeadCase.root + "/" + family))
    let model = try fixture.model()
    let depth = LayerDepth(names: model.parameters.map(\.name))
    #expect(depth.layers == json["layers"]?.integer)
    let factors = depth.rateFactors(decay: try #require(json["decay"]?.double))
    for (parameter, factor) in zip(model.parameters, factors) {
      #expect(factor == json["factors"]?[parameter.name]?.double, "\(parameter.name)")
    }
    let rate = try #require(json["learning_rate"]?.double)
    let optimizer = try Optimizer(
      "adamw", parameters: model.parameters, weightDecay: try #require(json["weight_decay"]?.double),
      rateFactors: factors)
    let expected = try #require(json["losses"]?.array).compactMap(\.double)
    #expect(expected.count == 12)
    for (step, theirs) in expected.enumerated() {
      let range = fixture.batches[step % fixture.batches.count]
      let (batch, targets) = (fixture.batch(range), fixture.targets(range))
      let tape = Tape(isTraining: true)
      let loss = tape.loss(model.logits(batch, on: tape), targets, of: batch, count: targets.count(in: batch))
      tape.backward(loss)
      let norm = model.parameters.reduce(0.0) { $0 + $1.gradientSumOfSquares }.squareRoot()
      try optimizer.takeStep(learningRate: rate, gradientScale: Float(min(1, 1 / (norm + 1e-6))))
      for parameter in model.parameters { parameter.clearGradient() }
      #expect(abs(Double(loss.value.values[0]) - theirs) < 2e-5, "step \(step + 1)")
    }
  }

  /// No layer at all, and names that only look like a layer.
  @Test func oddNames() {
    let depth = LayerDepth(names: ["layer.weight", "h.x.weight", "layers.0"])
    #expect(depth.layers == 1 && depth.depths == [0, 0, 1])
    #expect(LayerDepth(names: ["a", "b"]).depths == [1, 1])
  }
}
