import Support

/// The reason why an optimizer cannot be made, a step cannot be taken or a state cannot be restored.
package enum OptimizerError: UserError, Equatable {
  case unknownOptimizer(name: String, known: [String])
  case unknownOption(optimizer: String, key: String, known: [String])
  case badOption(optimizer: String, key: String, found: String, expected: String)
  /// A gradient, moment or new weight is not finite. Every weight that has been written is finite.
  ///
  /// - Parameter what: names the value, e.g. "the gradient".
  case diverged(parameter: String, step: Int, learningRate: Double, what: String)
  /// A saved state does not fit this optimizer and these parameters.
  case badState(parameter: String, reason: String)

  package var message: String {
    switch self {
    case .unknownOptimizer(let name, let known):
      let near = Suggestion.near(name, in: known)
      return "optimizer \(name): unknown; "
        + (near.isEmpty ? "" : "did you mean \(near.joined(separator: " or "))? ")
        + "expected one of \(known.joined(separator: ", "))"
    case .unknownOption(let optimizer, let key, let known):
      let valid = known.isEmpty ? "it has no options" : "it has \(known.joined(separator: ", "))"
      return "optimizer \(optimizer): unknown option \(key); \(valid)"
    case .badOption(let optimizer, let key, let found, let expected):
      return "optimizer \(optimizer): option \(key): found \(found), expected \(expected)"
    case .diverged(let parameter, let step, let learningRate, let what):
      return "step \(step), learning rate \(learningRate): \(what) of \(parameter) is not finite; "
        + "use a lower learning rate, more warm-up or gradient clipping"
    case .badState(let parameter, let reason):
      return "optimizer state of \(parameter): \(reason); it belongs to another optimizer or model"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .unknownOptimizer, .unknownOption, .badOption: .usage
    case .diverged: .diverged
    case .badState: .badInput
    }
  }
}
