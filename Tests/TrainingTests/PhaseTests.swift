import Checkpoints
import Foundation
import Models
import Optimizers
import Support
import Tensors
import TestSupport
import Testing
import Training

/// ReLoRA, LISA and BAdam against their rules, written in Tools/make_phase_fixtures.py.
@Suite(.serialized) struct PhaseTests {
  @Test(
    arguments: ["bert-tiny", "llama-tiny"], ["relora-reset", "relora-prune", "lisa", "badam"]
  ) func lossesAndLogits(_ checkpoint: String, _ name: String) throws {
    let json = try JSON.parse(Files.read(SharedData.fixture("phases/\(checkpoint)-\(name).json")))
    func number(_ key: String) throws -> Double { try #require(json[key]?.double) }
    let (interval, rate) = (Int(try number("interval")), try number("rate"))
    let folder = try CheckpointFolder(path: SharedData.fixture("models/\(checkpoint)"))
    let phases: any TrainingPhases
    var lora: LoRA?
    if name.hasPrefix("relora") {
      var adapter = LoRA()
      adapter.rank = Int(try number("rank"))
      adapter.alpha = try number("scaling") * Double(adapter.rank)
      adapter.chosen = AdapterTargets(try #require(json["targets"]?.array).compactMap(\.string))
      lora = adapter
      phases = LowRankRestarts(
        lora: adapter, interval: interval, warmup: Int(try number("warmup")), forgotten: try number("forget"), seed: 3)
    } else {
      phases = RotatingLayers(
        kind: name == "lisa" ? .drawn(count: 1) : .inTurn(.ascending), interval: interval, seed: 3)
    }
    let (model, _) = try ModelRegistry.load(
      folder, head: .classification(labels: 2), dropout: 0, seed: 1,
      isTrainable: { lora == nil || $0.isAdapter || $0.isOfTaskHead }, adapter: lora)
    let named = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0) })
    /// The values of each new A, which are drawn here from another generator.
    func give(_ phase: Int) throws {
      for member in json["given"]?.array?[phase].object?.members ?? [] {
        let a = try #require(named["\(member.key).lora_A.weight"])
        let values = (member.value.array ?? []).flatMap { ($0.array ?? []).compactMap(\.double) }
        #expect(values.count == a.count)
        a.setValue { for (index, value) in values.enumerated() { $0.pointer[index] = Float(value) } }
      }
    }
    phases.select(0, model.parameters)
    if lora != nil { try give(0) }
    let optimizer = try Optimizer(
      "adamw", options: [("beta1", "0.9"), ("beta2", "0.999"), ("eps", "1e-8")], parameters: model.parameters,
      weightDecay: 0)
    let batch = PackedBatch(
      try #require(json["sequences"]?.array).map { ($0.array ?? []).compactMap { $0.integer.map(Int32.init) } })
    let labels = try #require(json["labels"]?.array).compactMap(\.integer)
    let losses = try #require(json["losses"]?.array).compactMap(\.double)
    #expect(losses.count == 12)
    var phase = 0
    for (index, loss) in losses.enumerated() {
      if case let next = phases.phase(of: index + 1), next != phase {
        phase = next
        phases.select(phase, model.parameters)
        phases.begin(phase, model, optimizer)
        if lora != nil { try give(phase) }
      }
      if name == "lisa" {
        let layers = Set(model.parameters.filter(\.isTrainable).compactMap { layer($0.name) })
        #expect(layers == Set((json["drawn"]?.array?[phase].array ?? []).compactMap(\.integer)))
      }
      let tape = Tape(isTraining: true)
      let found = model.loss(.classes(labels), of: batch, mass: .plain, weight: 4, on: tape)
      #expect(abs(Double(found.value.values[0]) - loss) < 5e-5, "step \(index + 1)")
      tape.backward(found)
      for parameter in model.parameters where !parameter.isTrainable { #expect(parameter.gradient == nil) }
      #expect(optimizer.parameters.count == model.parameters.count { $0.isTrainable })
      try optimizer.takeStep(learningRate: phases.rate(index + 1) { _ in rate })
      for parameter in model.parameters { parameter.clearGradient() }
    }
    let logits = model.logits(batch, on: Tape(isTraining: false)).value.values
    let expected = try #require(json["logits"]?.array).compactMap { $0.double.map(Float.init) }
    #expect(largestDifference(logits, expected) < 2e-3)
  }

  private func layer(_ name: String) -> Int? {
    let parts = name.split(separator: ".")
    return parts.indices.dropLast().first { ["layer", "layers"].contains(parts[$0]) }.flatMap { Int(parts[$0 + 1]) }
  }

  @Test func layersInTurn() {
    let shapes =
      (0..<5).flatMap { layer in
        ["a", "b"].map { ParameterShape(name: "h.\(layer).\($0)", role: .matrix, shape: [2, 2]) }
      } + [ParameterShape(name: "wte.weight", role: .embedding, shape: [9, 2])]
    func layers(_ order: RotatingLayers.Order, _ phase: Int) -> [Int] {
      let rotation = RotatingLayers(kind: .inTurn(order), interval: 3, seed: 1)
      return zip(rotation.trained(phase, shapes), shapes).compactMap {
        $0 ? Int($1.name.split(separator: ".")[1]) : nil
      }
    }
    #expect((0..<6).map { layers(.ascending, $0) } == [0, 1, 2, 3, 4, 0].map { [$0, $0] })
    #expect((0..<6).map { layers(.descending, $0) } == [4, 3, 2, 1, 0, 4].map { [$0, $0] })
    // Every layer comes once before any comes again.
    for round in 0..<3 {
      #expect(Set((0..<5).map { layers(.random, 5 * round + $0)[0] }) == [0, 1, 2, 3, 4])
    }
    let drawn = RotatingLayers(kind: .drawn(count: 2), interval: 3, seed: 1)
    for phase in 0..<9 { #expect(drawn.trained(phase, shapes).count { $0 } == 4 + 1) }
  }
}
