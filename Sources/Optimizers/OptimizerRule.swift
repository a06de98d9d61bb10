import Tensors

/// How one optimizer updates a parameter.
///
/// Parameters are updated concurrently, so a rule holds nothing but its options; what it remembers of a parameter is in that
/// parameter's state.
protocol OptimizerRule: Sendable {
  /// The tensors of a parameter's state; what they take is known before any is made.
  func stateLayout(for parameter: ParameterShape) -> [StateEntry]

  /// The layout when the state has grown as far as it can; the same, where a rule does not say otherwise.
  func largestStateLayout(for parameter: ParameterShape) -> [StateEntry]

  /// The state of a parameter before the first step: zeros in the layout, where a rule does not say otherwise.
  func makeState(for parameter: Parameter) -> ParameterState

  /// Whether what is kept of a parameter lives in a projection of its gradient.
  func projects(_ parameter: ParameterShape) -> Bool

  /// The learning rate of a step, from 1, where the rule takes one of its own; `nil`: the schedule's.
  func ownLearningRate(step: Int) -> Double?

  /// Said once to the user, e.g. that a rank was clamped.
  func notes(for parameters: [ParameterShape]) -> [String]

  /// Steps one parameter.
  ///
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)`` before a non-finite weight is written.
  func step(_ update: ParameterUpdate) throws(OptimizerError)
}

extension OptimizerRule {
  func largestStateLayout(for parameter: ParameterShape) -> [StateEntry] { stateLayout(for: parameter) }

  func makeState(for parameter: Parameter) -> ParameterState {
    ParameterState(stateLayout(for: parameter.layout), for: parameter)
  }

  func projects(_ parameter: ParameterShape) -> Bool { false }

  func ownLearningRate(step: Int) -> Double? { nil }

  func notes(for parameters: [ParameterShape]) -> [String] { [] }
}
