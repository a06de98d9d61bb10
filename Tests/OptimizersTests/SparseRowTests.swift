import Checkpoints
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// Embeddings whose gradients touch a few rows: as with dense gradients, and after a restore too.
@Suite(.serialized) struct SparseRowTests {
  private static let batches: [[Int32]] = [[3, 7], [7], [9, 3, 3], [40], [7, 41], [0], [3], [49, 9]]

  private func parameter(_ rows: Int = 50) -> Parameter {
    let value = Tensor(uninitialized: [rows, 24])
    RandomGenerator(seed: 1).fillNormal(value)
    return Parameter(name: "wte.weight", role: .embedding, value: value)
  }

  private func setGradient(_ parameter: Parameter, _ step: Int) {
    parameter.clearGradient()
    let rows = SparseRowTests.batches[step % SparseRowTests.batches.count]
    let gradient = Tensor(uninitialized: [rows.count, 24])
    RandomGenerator(seed: 8, stream: UInt64(step)).fillNormal(gradient, standardDeviation: 0.1)
    let tape = Tape(isTraining: true)
    tape.backward(from: tape.embedding([(parameter, rows)]), gradient: gradient)
  }

  @Test(arguments: OptimizerRegistry.names, [0, 0.1]) func likeDense(_ name: String, decay: Double) throws {
    try compareWithDense(name, [], decay: decay)
  }

  /// Without an average nothing moves in a row that this step does not touch.
  @Test(
    arguments: [
      ("sm3", "momentum"), ("adafactor", "beta1"), ("adapprox", "beta1"), ("flora", "beta1"), ("ademamix", "beta1"),
    ], [0, 0.1])
  func likeDenseWithoutAverage(_ optimizer: (name: String, key: String), decay: Double) throws {
    try compareWithDense(optimizer.name, [(optimizer.key, "0")], decay: decay)
  }

  private func compareWithDense(_ name: String, _ options: [(key: String, value: String)], decay: Double) throws {
    let (sparse, dense, tied) = (parameter(), parameter(), parameter())
    tied.isTied = true
    let start = sparse.value.values
    let optimizers = try [sparse, dense, tied].map {
      try Optimizer(name, options: options, parameters: [$0], weightDecay: decay, totalSteps: 10)
    }
    for step in 0..<10 {
      setGradient(sparse, step)
      #expect(sparse.touchedRows != nil)
      for other in [dense, tied] { other.setGradient(try #require(sparse.gradient).copy()) }
      for optimizer in optimizers { try optimizer.takeStep(learningRate: 0.01) }
    }
    let (difference, _) = distance(sparse.value.values, dense.value.values)
    let update = distance(sparse.value.values, start).difference
    #expect(update > 0 && difference <= 1e-6 * update)
    #expect(tied.value.values == dense.value.values)
    // Rows that nothing touched: left exactly alone, or only decayed.
    if decay == 0 { #expect(sparse.value.rowSlice(10..<40).copy().values == Array(start[240..<960])) }
  }

  /// Saved after any step, also with a row touched long ago.
  @Test(arguments: OptimizerRegistry.names, [1, 2, 5, 11]) func resume(_ name: String, after saved: Int) throws {
    let (first, second) = (parameter(), parameter())
    let (one, two) = try (
      Optimizer(name, parameters: [first], seed: 3, totalSteps: 30),
      Optimizer(name, parameters: [second], seed: 3, totalSteps: 30)
    )
    for step in 0..<saved {
      setGradient(first, step)
      try one.takeStep(learningRate: 0.01)
    }
    let folder = try TemporaryFolder()
    let path = folder.path + "/state.safetensors"
    try SafetensorsWriter.write(one.stateTensors, to: path)
    let file = try SafetensorsFile(path: path)
    try two.restore(
      scalars: try JSON.parse(one.stateScalars.serialized()),
      tensors: try file.entries.map { ($0.name, try file.anyTensor($0.name)) })
    second.value.copyValues(from: first.value)
    for step in saved..<saved + 10 {
      for (parameter, optimizer) in [(first, one), (second, two)] {
        setGradient(parameter, step)
        try optimizer.takeStep(learningRate: 0.01)
      }
      #expect(first.value.values == second.value.values, "step \(step + 1)")
    }
  }
}
