import Optimizers
import Support
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct OptimizerTests {
  private func parameter(_ shape: [Int], _ role: ParameterRole = .matrix, seed: UInt64 = 1) -> Parameter {
    let value = Tensor(uninitialized: shape)
    RandomGenerator(seed: seed).fillNormal(value)
    return Parameter(name: "layer.weight", role: role, value: value)
  }

  private func normal(_ shape: [Int], seed: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: shape)
    RandomGenerator(seed: seed).fillNormal(tensor)
    return tensor
  }

  @Test func optionsAreChecked() {
    func failure(_ name: String, _ options: [(key: String, value: String)]) -> OptimizerError? {
      do throws(OptimizerError) {
        _ = try Optimizer(name, options: options, parameters: [])
        return nil
      } catch {
        return error
      }
    }
    #expect(failure("nope", [])?.exitStatus == .usage)
    #expect(failure("adamw", [("rank", "8")])?.message.contains("it has beta1, beta2, eps") == true)
    #expect(failure("fira", [("rank", "0")])?.exitStatus == .usage)
    #expect(failure("fira", [("beta1", "1.0")])?.exitStatus == .usage)
    #expect(failure("fira", [("update_gap", "5"), ("update-gap", "0")])?.exitStatus == .usage)
    #expect(failure("fira", [("update_gap", "5"), ("rank", "4")]) == nil)
  }

  /// With a zero gradient from the start nothing moves and nothing breaks; the first nonzero one then gives the basis.
  @Test(arguments: OptimizerRegistry.names) func zeroGradient(_ name: String) throws {
    let weight = parameter([6, 4])
    let before = weight.value.values
    let optimizer = try Optimizer(name, parameters: [weight])
    for _ in 0..<3 {
      weight.setGradient(Tensor(zeros: [6, 4]))
      try optimizer.takeStep(learningRate: 0.1)
    }
    #expect(weight.value.values == before)
    weight.setGradient(normal([6, 4], seed: 2))
    try optimizer.takeStep(learningRate: 0.1)
    #expect(weight.value.values != before && weight.value.values.allSatisfy(\.isFinite))
  }

  @Test(arguments: OptimizerRegistry.names, [Float.nan, .infinity, 3e38]) func nonFinite(_ name: String, value: Float)
    throws
  {
    let weight = parameter([6, 4])
    let optimizer = try Optimizer(name, parameters: [weight])
    let gradient = normal([6, 4], seed: 2)
    gradient.pointer[7] = value
    weight.setGradient(gradient)
    var fault: OptimizerError?
    do throws(OptimizerError) { try optimizer.takeStep(learningRate: 0.1) } catch { fault = error }
    if let fault {
      let (status, message) = (fault.exitStatus, fault.message)
      #expect(status == .diverged)
      #expect(message.contains("layer.weight"))
    } else {
      // Only a rule whose step stays finite may go on.
      #expect(value.isFinite)
    }
    #expect(weight.value.values.allSatisfy { $0.isFinite })
  }

  /// In the step that reads V once, which comes after the first: nothing changes, neither weights nor factors.
  @Test(arguments: [Float.nan, .infinity, 3e38]) func nonFiniteInOnePass(_ value: Float) throws {
    let weight = parameter([40, 24])
    let optimizer = try Optimizer("adapprox", options: [("rank", "2")], parameters: [weight])
    let gradient = normal([40, 24], seed: 2)
    weight.setGradient(gradient.copy())
    try optimizer.takeStep(learningRate: 0.1)
    let before = weight.value.values
    let factors = optimizer.stateTensors.filter { !$0.name.hasSuffix("/m") }.map { ($0.name, $0.tensor.copy()) }
    gradient.pointer[7] = value
    weight.setGradient(gradient)
    #expect(throws: OptimizerError.self) { try optimizer.takeStep(learningRate: 0.1) }
    #expect(weight.value.values == before)
    for (name, old) in factors {
      let new = try #require(optimizer.stateTensors.first { $0.name == name }).tensor
      guard case (.float32(let new), .float32(let old)) = (new, old) else { continue }
      #expect(new.values == old.values, "\(name)")
    }
  }

  /// Gradients that grow by eleven orders of magnitude from one step to the next are no divergence.
  @Test func aLargeJumpIsNoDivergence() throws {
    let weight = parameter([40, 24])
    let optimizer = try Optimizer("adapprox", options: [("rank", "2")], parameters: [weight])
    for scale: Float in [1e-10, 10, 1e-10] {
      let gradient = normal([40, 24], seed: 2)
      ElementWise.scale(gradient, by: scale)
      weight.setGradient(gradient)
      let before = weight.value.values
      try optimizer.takeStep(learningRate: 0.1)
      #expect(weight.value.values.allSatisfy { $0.isFinite } && weight.value.values != before)
    }
  }

  @Test func rankIsClampedAndSaid() throws {
    let optimizer = try Optimizer("fira", options: [("rank", "100")], parameters: [parameter([6, 4])])
    #expect(optimizer.notes.count == 1)
    #expect(optimizer.stateBytes(.projector) == 4 * 4 * 4)
    #expect(optimizer.stateBytes(.firstMoment) == 4 * 6 * 4)
  }

  /// Only matrices inside layers are projected, and only what decays decays.
  @Test func rolesDecide() throws {
    for role in ParameterRole.allCases where role != .matrix {
      let optimizer = try Optimizer("fira", options: [("rank", "2")], parameters: [parameter([6, 4], role)])
      #expect(optimizer.stateBytes(.projector) == 0 && optimizer.stateBytes(.firstMoment) == 96)
    }
    for (role, decays) in [
      (ParameterRole.bias, false), (.norm, false), (.matrix, true), (.embedding, true), (.head, true),
    ] {
      let weight = parameter([6, 4], role)
      let before = weight.value.values
      let optimizer = try Optimizer("adamw", parameters: [weight], weightDecay: 0.5)
      weight.setGradient(Tensor(zeros: [6, 4]))
      try optimizer.takeStep(learningRate: 0.1)
      #expect((weight.value.values != before) == decays)
    }
  }

  /// A frozen parameter has no state and no update, nothing is said or told of it, and the others do not notice.
  @Test(arguments: OptimizerRegistry.names) func frozen(_ name: String) throws {
    final class Listener: OptimizerObserver {
      var heard: Set<String> = []
      func willUpdate(_ parameter: Parameter, gradient: Tensor, scale: Float, step: Int) {
        heard.insert(parameter.name)
      }
    }
    func parameters() -> [Parameter] {
      (0..<3).map { index in
        let value = normal([9, 7], seed: UInt64(index))
        return Parameter(name: "p\(index)", role: .matrix, value: value)
      }
    }
    let (all, one) = (parameters(), parameters()[1])
    all[0].isTrainable = false
    all[2].isTrainable = false
    let before = all.map(\.value.values)
    let optimizers = try [all, [one]].map { try Optimizer(name, parameters: $0, weightDecay: 0.1) }
    let listener = Listener()
    optimizers[0].observers = [listener]
    for step in 1...3 {
      for parameter in all + [one] { parameter.setGradient(normal([9, 7], seed: UInt64(step + 10))) }
      for optimizer in optimizers { try optimizer.takeStep(learningRate: 0.01) }
    }
    #expect(all[0].value.values == before[0] && all[2].value.values == before[2])
    #expect(all[1].value.values == one.value.values && one.value.values != before[1])
    #expect(optimizers[0].stateBytes == optimizers[1].stateBytes && optimizers[0].notes == optimizers[1].notes)
    #expect(optimizers[0].stateTensors.map(\.name) == optimizers[1].stateTensors.map(\.name))
    #expect(listener.heard == ["p1"])
  }

  /// Rows that no gradient touched are left alone; the touched ones move as with a dense gradient.
  @Test func untouchedRowsCostNothing() throws {
    let (sparse, dense) = (parameter([50, 4], .embedding), parameter([50, 4], .embedding))
    let optimizers = try [sparse, dense].map { try Optimizer("adamw", parameters: [$0]) }
    for rows: [Int32] in [[3, 7], [7], [9, 3]] {
      let tape = Tape(isTraining: true)
      let output = tape.embedding([(sparse, rows)])
      tape.backward(from: output, gradient: normal([rows.count, 4], seed: 8))
      dense.setGradient(try #require(sparse.gradient).copy())
      for optimizer in optimizers { try optimizer.takeStep(learningRate: 0.01) }
      sparse.clearGradient()
    }
    #expect(sparse.value.values == dense.value.values)
  }

  /// Subspace iteration finds the subspace that LAPACK finds, on steep, flat-headed and step spectra.
  @Test(arguments: [0.5, 0.8, 0.0], [[60, 40], [40, 60], [40, 40]])
  func randomizedProjector(_ ratio: Double, shape: [Int]) throws {
    let (m, n, rank) = (shape[0], shape[1], 6)
    let left = try #require(Decomposition.orthonormalizeRows(normal([min(m, n), m], seed: 4)))
    let right = try #require(Decomposition.orthonormalizeRows(normal([min(m, n), n], seed: 5)))
    for row in 0..<left.rows {
      // A ratio of 0 stands for a step after the rank.
      let value = ratio > 0 ? Float(pow(ratio, row)) : (row < rank ? 1 : 0.1)
      for column in 0..<m { left.pointer[row * m + column] *= value }
    }
    let matrix = MatrixProduct.product(left, transposeA: true, right)
    let side: ProjectionSide = m >= n ? .right : .left
    func captured(_ method: ProjectorMethod, _ previous: Tensor?) throws -> Double {
      let basis = try #require(
        Projector.basis(
          of: matrix, side: side, rank: rank, method: method, previous: previous, random: RandomGenerator(seed: 1)))
      #expect(basis.shape == [rank, side == .right ? n : m])
      let image = MatrixProduct.product(basis, matrix, transposeB: side == .right)
      return image.values.reduce(0) { $0 + Double($1) * Double($1) }
    }
    let best = try captured(.svd, nil)
    #expect(try captured(.randomized, nil) >= 0.9999 * best)
  }

  private func pow(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1.0) { value, _ in value * base }
  }
}
