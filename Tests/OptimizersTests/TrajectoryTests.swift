import Checkpoints
import Foundation
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// A reference's weights along 24 steps; layout in Tests/Fixtures/README.md.
struct Trajectory: CustomTestStringConvertible, Sendable {
  let variant: String
  let json: JSON

  var testDescription: String { variant }
  var optimizer: String { json["optimizer"]?.string ?? "" }
  var learningRates: [Double] { json["learning_rates"]?.array?.compactMap(\.double) ?? [] }

  static let folder = SharedData.fixture("optimizers")

  static func all() throws -> [Trajectory] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".json") && !$0.hasPrefix("problem-") }
      .map { Trajectory(variant: String($0.dropLast(5)), json: try JSON.parse(Files.read(folder + "/" + $0))) }
  }

  /// Of optimizers that are built.
  static func built() throws -> [Trajectory] {
    try all().filter { OptimizerRegistry.names.contains($0.optimizer) }
  }

  var options: [(key: String, value: String)] {
    (json["options"]?.object?.members ?? []).map { member in
      let value: String
      if case .number(let text) = member.value {
        value = text
      } else {
        value = member.value.string ?? member.value.summary
      }
      return (member.key.description, value)
    }
  }
}

/// The parameters and gradients of a problem.
struct Problem {
  let parameters: [Parameter]
  let start: [[Float]]
  private let json: JSON
  private let tensors: SafetensorsFile

  init(_ trajectory: Trajectory) throws {
    let name = Trajectory.folder + "/problem-" + (trajectory.json["problem"]?.string ?? "")
    json = try JSON.parse(Files.read(name + ".json"))
    tensors = try SafetensorsFile(path: name + ".safetensors")
    let wanted = Set(trajectory.json["parameters"]?.array?.compactMap(\.string) ?? [])
    var parameters: [Parameter] = []
    for entry in json["parameters"]?.array ?? [] {
      guard let name = entry["name"]?.string, wanted.contains(name), let role = entry["role"]?.string else { continue }
      // Query, key and value are matrices inside a layer.
      let ours = ParameterRole(rawValue: role) ?? .matrix
      let value = try tensors.tensor("W0/" + name)
      let blocks = ["query", "key"].contains(role) ? Problem.headBlocks(trajectory, value) : []
      parameters.append(Parameter(name: name, role: ours, value: value, blocks: blocks))
    }
    self.parameters = parameters
    start = parameters.map(\.value.values)
  }

  /// Heads as adam-mini's reference counts them: dim²/heads consecutive elements.
  private static func headBlocks(_ trajectory: Trajectory, _ value: Tensor) -> [OutputBlocks] {
    guard let dim = trajectory.json["dim"]?.integer, let heads = trajectory.json["heads"]?.integer else { return [] }
    let size = dim * dim / heads / value.columns
    return [OutputBlocks(count: value.rows / size, size: size)]
  }

  /// - Parameter factor: multiplies them.
  func setGradients(_ step: Int, times factor: Float = 1) throws {
    let index = try #require(json["gradient_index"]?.array?[step - 1].integer)
    let scale = try #require(json["gradient_scale"]?.array?[step - 1].double)
    for parameter in parameters {
      let gradient = try tensors.tensor("G/\(index)/" + parameter.name)
      for position in 0..<gradient.count { gradient.pointer[position] *= Float(scale) * factor }
      parameter.setGradient(gradient)
    }
  }
}

@Suite(.serialized) struct TrajectoryTests {
  /// - Parameter scale: the clipping factor, of gradients that are larger by as much. Powers of two, so nothing is rounded.
  @Test(arguments: try Trajectory.built(), [Float(1), 0.25])
  func weights(_ trajectory: Trajectory, scale: Float) throws {
    let problem = try Problem(trajectory)
    let optimizer = try Optimizer(
      trajectory.optimizer, options: trajectory.options, parameters: problem.parameters,
      weightDecay: try #require(trajectory.json["weight_decay"]?.double), totalSteps: 24)
    let reference = try SafetensorsFile(path: "\(Trajectory.folder)/\(trajectory.variant).safetensors")
    let tolerance = try #require(trajectory.json["tolerance"]?.double)
    optimizer.given = drawn(by: reference, for: problem)
    for (index, rate) in trajectory.learningRates.enumerated() {
      try problem.setGradients(index + 1, times: 1 / scale)
      try optimizer.takeStep(learningRate: rate, gradientScale: scale)
      guard reference.entry("W/\(index + 1)/" + problem.parameters[0].name) != nil else { continue }
      for (parameter, start) in zip(problem.parameters, problem.start) {
        // Its gradient has the projection's rank, so the residual is rounding alone, which this limiter scales up.
        if trajectory.variant == "fira-limiter-shrink", parameter.name == "deficient" { continue }
        let expected = try reference.tensor("W/\(index + 1)/" + parameter.name).values
        let (difference, norm) = distance(parameter.value.values, expected)
        let update = distance(start, expected).difference
        // The second term is float32's storage of the weights themselves.
        let allowed = tolerance * update + 6e-8 * Double(index + 1).squareRoot() * norm
        #expect(difference <= allowed, "step \(index + 1), \(parameter.name): \(difference) of \(update)")
      }
    }
  }

  /// The random matrices that the reference drew, which no generator of ours can draw: Flora's A and Adapprox's sketches,
  /// stored with the vectors as columns where ours are rows.
  private func drawn(by reference: SafetensorsFile, for problem: Problem) -> GivenMatrices {
    { use, parameter, number in
      guard ["A", "sketch"].contains(use) else { return nil }
      guard let matrix = try? reference.tensor("\(use)/\(number)/\(parameter)") else { return nil }
      let shape = problem.parameters.first { $0.name == parameter }?.shape ?? []
      let isTransposed = use == "sketch" || shape[0] >= shape[1]
      return isTransposed ? Decomposition.transposed(matrix) : matrix
    }
  }

  @Test func everyOptimizerHasAReference() throws {
    let covered = Set(try Trajectory.all().map(\.optimizer))
    #expect(OptimizerRegistry.names.filter { !covered.contains($0) } == [])
  }

  /// A saved state restored in fresh objects gives the same next ten updates, bit for bit.
  @Test(arguments: OptimizerRegistry.names + ["adapprox-rank2-warm"], [1, 4, 9, 13])
  func resumeIsExact(_ which: String, after saved: Int) throws {
    let trajectory = try #require(
      try Trajectory.all().first { $0.variant == which } ?? Trajectory.all().first { $0.optimizer == which })
    let name = trajectory.optimizer
    let (first, second) = (try Problem(trajectory), try Problem(trajectory))
    func make(_ problem: Problem) throws -> Optimizer {
      try Optimizer(
        name, options: trajectory.options, parameters: problem.parameters, weightDecay: 0.1, seed: 3, totalSteps: 24)
    }
    let one = try make(first)
    for step in 1...saved {
      try first.setGradients(step)
      try one.takeStep(learningRate: trajectory.learningRates[step - 1])
    }
    let two = try make(second)
    let folder = try TemporaryFolder()
    let path = folder.path + "/state.safetensors"
    try SafetensorsWriter.write(one.stateTensors, to: path)
    let file = try SafetensorsFile(path: path)
    let tensors = try file.entries.map { ($0.name, try file.anyTensor($0.name)) }
    try two.restore(scalars: try JSON.parse(one.stateScalars.serialized()), tensors: tensors)
    for (left, right) in zip(first.parameters, second.parameters) { right.value.copyValues(from: left.value) }
    for step in saved + 1...saved + 10 {
      for (problem, optimizer) in [(first, one), (second, two)] {
        try problem.setGradients(step)
        try optimizer.takeStep(learningRate: trajectory.learningRates[step - 1])
      }
      for (left, right) in zip(first.parameters, second.parameters) {
        #expect(left.value.values == right.value.values, "step \(step), \(left.name)")
      }
    }
  }

  /// The rate that a rule takes of its own is the reference's, and beyond 10,000 steps falls as 1/√t.
  @Test func ownLearningRates() throws {
    for trajectory in try Trajectory.built() {
      let optimizer = try Optimizer(trajectory.optimizer, options: trajectory.options, parameters: [])
      let isRelative = trajectory.options.contains { $0.key == "relative_step" && $0.value == "true" }
      #expect(optimizer.usesSchedule == !isRelative)
      for (index, rate) in trajectory.learningRates.enumerated() {
        let scheduled = isRelative ? 0.5 : rate
        #expect(optimizer.learningRate(step: index + 1, scheduled: scheduled) == rate, "\(trajectory.variant)")
      }
      if isRelative { #expect(optimizer.learningRate(step: 40_000, scheduled: 0.5) == 0.005) }
    }
  }
}
