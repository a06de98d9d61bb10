import Support
import Tensors

/// Saving and restoring an optimizer: the tensors of all states, and the scalars that go with them.
extension Optimizer {
  /// Every state tensor, named `<parameter>/<state>`, e.g. `layers.0.weight/m`.
  package var stateTensors: [(name: String, tensor: AnyTensor)] {
    zip(parameters, states).flatMap { parameter, state in
      state.tensors.map { (parameter.name + "/" + $0.name, $0.tensor) }
    }
  }

  /// The optimizer's name, the step and the scalars of each parameter. A scalar is written as the decimal text of its
  /// bit pattern, so that it is restored exactly: 1.0 is `"4607182418800017408"`.
  package var stateScalars: JSON {
    let scalars = zip(parameters, states).filter { !$1.scalars.isEmpty }.map { parameter, state in
      let members = state.scalars.sorted { $0.key < $1.key }.map {
        JSONObject.Member(ByteString($0.key), .text(String($0.value.bitPattern)))
      }
      return JSONObject.Member(ByteString(parameter.name), .object(JSONObject(members)))
    }
    var members = JSONObject([
      "optimizer": .text(specification.name), "step": .integer(step), "scalars": .object(JSONObject(scalars)),
    ])
    let born = zip(parameters, births).filter { $1 > 0 }
    if !born.isEmpty {
      members["births"] = .object(
        JSONObject(born.map { JSONObject.Member(ByteString($0.name), .integer($1)) }))
    }
    return .object(members)
  }

  /// Restores a saved state, so that the next step is the one that would have followed the save.
  ///
  /// - Parameter tensors: all state tensors; their values are copied.
  /// - Throws: ``OptimizerError/badState(parameter:reason:)`` when the saved state does not fit this optimizer and
  ///   these parameters.
  package func restore(scalars: JSON, tensors: [(name: String, tensor: AnyTensor)]) throws(OptimizerError) {
    guard scalars["optimizer"]?.string == specification.name, let saved = scalars["step"]?.integer, saved >= 0 else {
      throw .badState(parameter: "all parameters", reason: "it is not a state of \(specification.name)")
    }
    var byName: [ByteString: AnyTensor] = [:]
    for (name, tensor) in tensors { byName[ByteString(name)] = tensor }
    var births: [Int] = []
    for (parameter, state) in zip(parameters, states) {
      try state.restore(parameter, scalars["scalars"]?[parameter.name]?.object?.members ?? [], &byName)
      let birth = scalars["births"]?[parameter.name].map { $0.integer ?? -1 } ?? 0
      guard (0...saved).contains(birth) else {
        throw .badState(parameter: parameter.name, reason: "it begins after step \(birth), expected one up to \(saved)")
      }
      births.append(birth)
    }
    guard byName.isEmpty else {
      throw .badState(parameter: byName.keys.min()?.description ?? "", reason: "no such state here")
    }
    (step, self.births) = (saved, births)
  }
}

extension ParameterState {
  /// Moves the tensors of `parameter` out of `saved` into this state, and reads its scalars from `members`.
  fileprivate func restore(
    _ parameter: Parameter, _ members: [JSONObject.Member], _ saved: inout [ByteString: AnyTensor]
  ) throws(OptimizerError) {
    let savedRows = resizedRows(parameter, saved)
    for (name, kind, tensor) in tensors {
      guard let found = saved.removeValue(forKey: ByteString(parameter.name + "/" + name)) else {
        throw .badState(parameter: parameter.name, reason: "\(name) is missing")
      }
      if let rows = savedRows[name], found.shape == [rows] + tensor.shape.dropFirst(), found.type == tensor.type {
        set(name, kind, found.copy())
        continue
      }
      guard found.shape == tensor.shape, found.type == tensor.type else {
        throw .badState(
          parameter: parameter.name,
          reason: "\(name) is \(found.type) of shape \(found.shape), expected \(tensor.type) of \(tensor.shape)")
      }
      tensor.copyValues(from: found)
    }
    for member in members {
      guard let bits = member.value.string.flatMap(UInt64.init) else {
        throw .badState(parameter: parameter.name, reason: "\(member.key) is not a number")
      }
      scalars[member.key.description] = Double(bitPattern: bits)
    }
    rebuildActiveRows(of: parameter)
  }

  /// The number of rows that each tensor of ``resizable`` has in a saved state; empty unless all have the same, valid
  /// number.
  private func resizedRows(_ parameter: Parameter, _ saved: [ByteString: AnyTensor]) -> [String: Int] {
    let (names, most) = resizable
    let heights = names.map { saved[ByteString(parameter.name + "/" + $0)]?.shape.first ?? 0 }
    guard let height = heights.first, (1...most).contains(height), heights.allSatisfy({ $0 == height }) else {
      return [:]
    }
    return Dictionary(uniqueKeysWithValues: names.map { ($0, height) })
  }
}
