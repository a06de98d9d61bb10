import Foundation
import Support
import Tensors

/// A rule, the parameters it trains, and their states. Parameters that are frozen when it is made have no part in it: no
/// state, no update, and nothing is told of them.
public final class Optimizer {
  public let specification: OptimizerSpecification
  public let options: OptimizerOptions
  public let parameters: [Parameter]
  public let weightDecay: Double
  /// What the user should know of how the options were applied.
  public let notes: [String]
  /// Steps taken so far.
  public private(set) var step = 0

  /// Matrices in place of those that the rule draws or finds: for tests against a reference's.
  package var given: GivenMatrices?
  /// Told of every step while it is taken.
  package var observers: [any OptimizerObserver] = []

  private let rule: any OptimizerRule
  private let states: [ParameterState]
  private let seed: UInt64
  private let totalSteps: Int

  /// - Throws: ``OptimizerError`` for an unknown optimizer or option.
  public init(
    _ name: String, options given: [(key: String, value: String)] = [], parameters: [Parameter],
    weightDecay: Double = 0,
    seed: UInt64 = 0, totalSteps: Int = 0
  ) throws(OptimizerError) {
    MatrixProduct.keepToOneThread()
    let type = try OptimizerRegistry.find(name)
    specification = type.specification
    options = try OptimizerOptions(given, for: specification)
    let rule = type.init(options)
    self.rule = rule
    let parameters = parameters.filter(\.isTrainable)
    self.parameters = parameters
    self.weightDecay = weightDecay
    (self.seed, self.totalSteps) = (seed, totalSteps)
    states = parameters.map(rule.makeState)
    notes = rule.notes(for: parameters)
  }

  /// Updates every parameter that has a gradient, the smaller ones side by side on the threads of the pool.
  ///
  /// An error leaves some parameters with their new weights and some with their old ones, all of them finite.
  ///
  /// - Parameter gradientScale: multiplies all gradients first; the clipping factor.
  public func takeStep(learningRate: Double, gradientScale: Float = 1) throws(OptimizerError) {
    step += 1
    var context = StepContext(
      step: step, learningRate: learningRate, gradientScale: gradientScale, seed: seed, totalSteps: totalSteps)
    context.given = given
    context.observers = observers
    // Observers are told in order.
    guard observers.isEmpty else {
      for index in parameters.indices { try update(index, context) }
      return
    }
    try StepSchedule(parameters).forEach { index throws(OptimizerError) in try update(index, context) }
  }

  private func update(_ index: Int, _ context: StepContext) throws(OptimizerError) {
    let parameter = parameters[index]
    guard let gradient = parameter.gradient else { return }
    for observer in observers {
      observer.willUpdate(parameter, gradient: gradient, scale: context.gradientScale, step: step)
    }
    try rule.update(
      parameter, gradient: gradient, state: states[index], decay: parameter.role.isDecayed ? weightDecay : 0,
      context: context)
  }

  /// Bytes of the states that parameters of these shapes would have, by kind; nothing is allocated.
  ///
  /// - Parameter atItsLargest: the most they may grow to, in place of what they start with.
  /// - Throws: ``OptimizerError`` for an unknown optimizer or option.
  public static func stateBytes(
    _ name: String, options given: [(key: String, value: String)] = [], shapes: [ParameterShape],
    atItsLargest: Bool = false
  ) throws(OptimizerError) -> [StateKind: Int] {
    let type = try OptimizerRegistry.find(name)
    let rule = type.init(try OptimizerOptions(given, for: type.specification))
    var bytes: [StateKind: Int] = [:]
    for entry in shapes.flatMap(atItsLargest ? rule.largestStateLayout : rule.stateLayout) {
      bytes[entry.kind, default: 0] += entry.byteCount
    }
    return bytes
  }

  /// Bytes of memory that the states, at their largest, occupy when of some tables only these rows are ever trained.
  ///
  /// - Parameter touchedRows: by parameter name, in ascending order; all rows of the others.
  public static func residentStateBytes(
    _ name: String, options given: [(key: String, value: String)] = [], shapes: [ParameterShape],
    touchedRows: [String: [Int]]
  ) throws(OptimizerError) -> Int {
    let type = try OptimizerRegistry.find(name)
    let rule = type.init(try OptimizerOptions(given, for: type.specification))
    return shapes.reduce(0) { sum, shape in
      rule.largestStateLayout(for: shape).reduce(sum) { sum, entry in
        guard entry.isByRow(of: shape), let rows = touchedRows[shape.name] else { return sum + entry.byteCount }
        let pages = CommittedPages.bytes(rows: rows, rowBytes: entry.byteCount / max(1, shape.shape[0]))
        return sum + min(entry.byteCount, pages)
      }
    }
  }

  /// Bytes of all states of one kind.
  public func stateBytes(_ kind: StateKind) -> Int { states.reduce(0) { $0 + $1.byteCount(kind) } }
  public var stateBytes: Int { StateKind.allCases.reduce(0) { $0 + stateBytes($1) } }

  /// A parameter's second moment where the rule keeps it whole, as Adam does: of the parameter's shape, averaged from 0.
  package func secondMoment(of parameter: Parameter) -> Tensor? {
    guard let index = parameters.firstIndex(where: { $0 === parameter }),
      let entry = states[index].tensors.first(where: { $0.name == "v" && $0.kind == .secondMoment }),
      case .float32(let v) = entry.tensor, v.shape == parameter.shape
    else { return nil }
    return v
  }

  /// Every state tensor, named `<parameter>/<state>`.
  public var stateTensors: [(name: String, tensor: AnyTensor)] {
    zip(parameters, states).flatMap { parameter, state in
      state.tensors.map { (parameter.name + "/" + $0.name, $0.tensor) }
    }
  }

  /// The numbers beside the tensors: the step, and each parameter's scalars as exact decimal text.
  public var stateScalars: JSON {
    let scalars = zip(parameters, states).filter { !$1.scalars.isEmpty }.map { parameter, state in
      let members = state.scalars.sorted { $0.key < $1.key }.map {
        JSONObject.Member(ByteString($0.key), .text(String($0.value.bitPattern)))
      }
      return JSONObject.Member(ByteString(parameter.name), .object(JSONObject(members)))
    }
    return .object(
      JSONObject([
        "optimizer": .text(specification.name), "step": .integer(step), "scalars": .object(JSONObject(scalars)),
      ]))
  }

  /// The number of rows that tensors of changing height have in a saved state, where they agree on it.
  private func resizedRows(
    of state: ParameterState, _ parameter: Parameter, _ saved: [ByteString: AnyTensor]
  ) -> [String: Int] {
    let (names, most) = state.resizable
    let heights = names.map { saved[ByteString(parameter.name + "/" + $0)]?.shape.first ?? 0 }
    guard let height = heights.first, (1...most).contains(height), heights.allSatisfy({ $0 == height }) else {
      return [:]
    }
    return Dictionary(uniqueKeysWithValues: names.map { ($0, height) })
  }

  /// Takes up a saved state; the next step is the one that would have followed it.
  ///
  /// - Throws: ``OptimizerError/badState(parameter:reason:)`` when it does not fit this optimizer and these parameters.
  public func restore(scalars: JSON, tensors: [(name: String, tensor: AnyTensor)]) throws(OptimizerError) {
    guard scalars["optimizer"]?.string == specification.name, let saved = scalars["step"]?.integer, saved >= 0 else {
      throw .badState(parameter: "all parameters", reason: "it is not a state of \(specification.name)")
    }
    var byName: [ByteString: AnyTensor] = [:]
    for (name, tensor) in tensors { byName[ByteString(name)] = tensor }
    for (parameter, state) in zip(parameters, states) {
      let savedRows = resizedRows(of: state, parameter, byName)
      for (name, kind, tensor) in state.tensors {
        guard let saved = byName.removeValue(forKey: ByteString(parameter.name + "/" + name)) else {
          throw .badState(parameter: parameter.name, reason: "\(name) is missing")
        }
        if let rows = savedRows[name], saved.shape == [rows] + tensor.shape.dropFirst(), saved.type == tensor.type {
          state.set(name, kind, saved.copy())
          continue
        }
        guard saved.shape == tensor.shape, saved.type == tensor.type else {
          throw .badState(
            parameter: parameter.name,
            reason: "\(name) is \(saved.type) of shape \(saved.shape), expected \(tensor.type) of \(tensor.shape)")
        }
        tensor.copyValues(from: saved)
      }
      for member in scalars["scalars"]?[parameter.name]?.object?.members ?? [] {
        guard let bits = member.value.string.flatMap(UInt64.init) else {
          throw .badState(parameter: parameter.name, reason: "\(member.key) is not a number")
        }
        state.scalars[member.key.description] = Double(bitPattern: bits)
      }
      state.rebuildActiveRows(of: parameter)
    }
    guard byName.isEmpty else {
      throw .badState(parameter: byName.keys.min()?.description ?? "", reason: "no such state here")
    }
    step = saved
  }
}
