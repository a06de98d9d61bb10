import Checkpoints
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// Optimizers whose moments are codes.
@Suite(.serialized) struct QuantizedTests {
  struct Choice: Sendable, CustomTestStringConvertible {
    let name: String
    let options: [(key: String, value: String)]
    var testDescription: String { name + options.map { " \($0.key)=\($0.value)" }.joined() }
    static let all = [
      Choice(name: "adam8bit", options: []), Choice(name: "adam8bit", options: [("lookup", "bitsandbytes-cpu")]),
      Choice(name: "adam4bit", options: []), Choice(name: "adam4bit", options: [("v-scale", "group")]),
    ]
  }

  private func normal(_ shape: [Int], _ seed: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: shape)
    RandomGenerator(seed: seed).fillNormal(tensor)
    return tensor
  }

  private func parameter(_ shape: [Int], _ role: ParameterRole = .matrix) -> Parameter {
    Parameter(name: "layer.weight", role: role, value: normal(shape, 1))
  }

  /// Element thresholds, block remainders, packed nibbles, scales.
  @Test func stateBytes() throws {
    for (name, shape, first, second) in [
      ("adam8bit", [4_095], 4 * 4_095, 4 * 4_095), ("adam8bit", [64, 64], 4_096 + 4 * 16, 4_096 + 4 * 16),
      ("adam8bit", [4_097], 4_097 + 4 * 17, 4_097 + 4 * 17), ("adam4bit", [64, 64], 4 * 4_096, 4 * 4_096),
      ("adam4bit", [4_097], 2_049 + 4 * 33, 2_049 + 4 * 33), ("adam4bit", [17, 241], 2_049 + 4 * 33, 2_049 + 4 * 258),
    ] {
      let parameter = parameter(shape)
      let optimizer = try Optimizer(name, parameters: [parameter])
      #expect(optimizer.stateBytes(.firstMoment) == first && optimizer.stateBytes(.secondMoment) == second)
      #expect(optimizer.stateBytes == optimizer.stateTensors.reduce(0) { $0 + $1.tensor.bytes.count })
      let planned = try OptimizerPlan(name).stateBytes([parameter.layout])
      #expect(planned[.firstMoment] == first && planned[.secondMoment] == second)
    }
  }

  @Test(arguments: Choice.all) func zeroGradient(_ choice: Choice) throws {
    let weight = parameter([70, 65])
    let before = weight.value.values
    let optimizer = try Optimizer(choice.name, options: choice.options, parameters: [weight])
    for _ in 0..<3 {
      weight.setGradient(Tensor(zeros: [70, 65]))
      try optimizer.takeStep(learningRate: 0.1)
    }
    #expect(weight.value.values == before)
    weight.setGradient(normal([70, 65], 2))
    try optimizer.takeStep(learningRate: 0.1)
    #expect(zip(weight.value.values, before).allSatisfy { $0 != $1 && $0.isFinite })
  }

  /// The block at fault keeps its weights and codes; nothing non-finite is written.
  @Test(arguments: Choice.all, [Float.nan, .infinity, -.infinity, 3e38]) func nonFinite(_ choice: Choice, value: Float)
    throws
  {
    let weight = parameter([70, 65])
    let before = weight.value.values
    let optimizer = try Optimizer(choice.name, options: choice.options, parameters: [weight])
    let gradient = normal([70, 65], 2)
    gradient.pointer[4_512] = value
    weight.setGradient(gradient)
    var fault: OptimizerError?
    do throws(OptimizerError) { try optimizer.takeStep(learningRate: 0.1) } catch { fault = error }
    #expect(fault?.exitStatus == .diverged && fault?.message.contains("layer.weight") == true)
    #expect(weight.value.values.allSatisfy { $0.isFinite })
    #expect(Array(weight.value.values[4_480...]) == Array(before[4_480...]))
    for (name, tensor) in optimizer.stateTensors {
      if case .float32(let scales) = tensor { #expect(scales.values.allSatisfy { $0.isFinite }, "\(name)") }
    }
  }

  /// Rows that no gradient touched are left alone; the touched ones move as with a dense gradient, after a resume too.
  @Test(arguments: Choice.all) func untouchedRows(_ choice: Choice) throws {
    let (sparse, dense) = (parameter([300, 50], .embedding), parameter([300, 50], .embedding))
    func make(_ parameter: Parameter) throws -> Optimizer {
      try Optimizer(choice.name, options: choice.options, parameters: [parameter])
    }
    var one = try make(sparse)
    let two = try make(dense)
    for (step, rows): (Int, [Int32]) in [[3, 7], [7], [299, 3], [120, 7], [0], [3]].enumerated() {
      if step == 3 {
        let resumed = try make(sparse)
        try resumed.restore(scalars: one.stateScalars, tensors: one.stateTensors.map { ($0.name, $0.tensor.copy()) })
        one = resumed
      }
      let tape = Tape(isTraining: true)
      let output = tape.embedding([(sparse, rows)])
      tape.backward(from: output, gradient: normal([rows.count, 50], UInt64(step)))
      dense.setGradient(try #require(sparse.gradient).copy())
      for optimizer in [one, two] { try optimizer.takeStep(learningRate: 0.01) }
      sparse.clearGradient()
      #expect(sparse.value.values == dense.value.values, "step \(step)")
    }
    #expect(sparse.value.rowSlice(200..<201).values == parameter([300, 50]).value.rowSlice(200..<201).values)
  }

  @Test func statesThatDoNotFit() throws {
    let weight = parameter([70, 65])
    let one = try Optimizer("adam8bit", parameters: [weight])
    for (name, options) in [("adam8bit", [("block", "128")]), ("adam4bit", [])] {
      let two = try Optimizer(name, options: options, parameters: [weight])
      #expect(throws: OptimizerError.self) {
        try two.restore(scalars: one.stateScalars, tensors: one.stateTensors)
      }
    }
    let wrongType = one.stateTensors.map { ($0.name, AnyTensor(zeros: $0.tensor.shape, type: .float32)) }
    #expect(throws: OptimizerError.self) { try one.restore(scalars: one.stateScalars, tensors: wrongType) }
  }
}

/// Codes against the reference's, and steps taken from the reference's own codes.
@Suite(.serialized) struct QuantizedTrajectoryTests {
  static func all() throws -> [Trajectory] {
    try Trajectory.built().filter { ["adam8bit", "adam4bit"].contains($0.optimizer) }
  }

  private struct Reference {
    let trajectory: Trajectory
    let file: SafetensorsFile

    init(_ trajectory: Trajectory) throws {
      self.trajectory = trajectory
      file = try SafetensorsFile(path: "\(Trajectory.folder)/\(trajectory.variant).safetensors")
    }

    func isQuantized(_ parameter: Parameter) -> Bool { file.entry("state/2/\(parameter.name)/m/codes") != nil }

    func codes(_ step: Int, _ parameter: String, _ moment: String) throws -> [UInt8] {
      Array(try file.anyTensor("state/\(step)/\(parameter)/\(moment)/codes").bytes)
    }

    /// The state as our tensors.
    func state(_ step: Int, _ parameters: [Parameter]) throws -> [(name: String, tensor: AnyTensor)] {
      var tensors: [(name: String, tensor: AnyTensor)] = []
      for parameter in parameters {
        for moment in ["m", "v"] {
          var codes = try codes(step, parameter.name, moment)
          if trajectory.optimizer == "adam4bit" {
            codes = stride(from: 0, to: codes.count, by: 2).map { index in
              codes[index] | (index + 1 < codes.count ? codes[index + 1] << 4 : 0)
            }
          }
          let shape = trajectory.optimizer == "adam4bit" ? [codes.count] : parameter.shape
          tensors.append(("\(parameter.name)/\(moment)", .uint8(ByteTensor(codes, shape: shape))))
          for (theirs, ours) in [("absmax", "scale"), ("rows", "rows"), ("columns", "columns")] {
            let name = "state/\(step)/\(parameter.name)/\(moment)/\(theirs)"
            guard file.entry(name) != nil else { continue }
            tensors.append(("\(parameter.name)/\(moment)_\(ours)", .float32(try file.tensor(name))))
          }
        }
      }
      return tensors
    }
  }

  /// A code may flip to its neighbour where a value lies within rounding of the middle of two: 1e-4 of them.
  private func compareCodes(_ optimizer: Optimizer, _ parameters: [Parameter], _ reference: Reference, step: Int) throws
  {
    var (flips, total) = (0, 0)
    let ours = Dictionary(uniqueKeysWithValues: optimizer.stateTensors.map { ($0.name, $0.tensor) })
    for (name, tensor) in try reference.state(step, parameters) {
      switch (try #require(ours[name]), tensor) {
      case (.uint8(let found), .uint8(let expected)):
        #expect(found.shape == expected.shape)
        let bits = reference.trajectory.optimizer == "adam4bit" ? 4 : 8
        for (left, right) in zip(found.values, expected.values) {
          let pairs = bits == 8 ? [(left, right)] : [(left & 15, right & 15), (left >> 4, right >> 4)]
          for (a, b) in pairs where a != b {
            flips += 1
            #expect(abs(Int(a) - Int(b)) == 1, "\(name)")
          }
          total += pairs.count
        }
      case (.float32(let found), .float32(let expected)):
        let (difference, norm) = distance(found.values, expected.values)
        #expect(difference <= 1e-6 * norm, "\(name)")
      default: Issue.record("\(name) has another type")
      }
    }
    #expect(Double(flips) <= 1e-4 * Double(total), "\(flips) of \(total) codes at step \(step)")
  }

  @Test(arguments: try all()) func codes(_ trajectory: Trajectory) throws {
    let (problem, reference) = (try Problem(trajectory), try Reference(trajectory))
    let optimizer = try Optimizer(
      trajectory.optimizer, options: trajectory.options, parameters: problem.parameters, weightDecay: 0.1)
    for step in 1...2 {
      try problem.setGradients(step)
      try optimizer.takeStep(learningRate: trajectory.learningRates[step - 1])
    }
    try compareCodes(optimizer, problem.parameters.filter(reference.isQuantized), reference, step: 2)
  }

  @Test(arguments: try all()) func weightsGivenEqualCodes(_ trajectory: Trajectory) throws {
    let (problem, reference) = (try Problem(trajectory), try Reference(trajectory))
    let parameters = problem.parameters.filter(reference.isQuantized)
    #expect(!parameters.isEmpty)
    let optimizer = try Optimizer(
      trajectory.optimizer, options: trajectory.options, parameters: parameters, weightDecay: 0.1)
    let scalars = JSON.object(
      JSONObject([
        "optimizer": .text(trajectory.optimizer), "step": .integer(23), "scalars": .object(JSONObject([])),
      ]))
    try optimizer.restore(scalars: scalars, tensors: try reference.state(23, parameters))
    for parameter in parameters {
      parameter.value.copyValues(from: try reference.file.tensor("W/23/" + parameter.name))
    }
    let before = parameters.map(\.value.values)
    try problem.setGradients(24)
    try optimizer.takeStep(learningRate: trajectory.learningRates[23])
    for (parameter, before) in zip(parameters, before) {
      let expected = try reference.file.tensor("W/24/" + parameter.name).values
      let (difference, norm) = distance(parameter.value.values, expected)
      let update = distance(before, expected).difference
      #expect(difference <= 1e-5 * update + 6e-8 * norm, "\(parameter.name): \(difference) of \(update)")
    }
    try compareCodes(optimizer, parameters, reference, step: 24)
  }
}
