import Tensors

/// The computation by which an optimizer updates one parameter.
///
/// Parameters are updated concurrently. A rule therefore holds nothing but its options, and whatever must be remembered
/// of a parameter is stored in that parameter's state.
protocol OptimizerRule: Sendable {
  /// The tensors of a parameter's state, described before they are allocated so that memory can be planned.
  func stateLayout(for parameter: ParameterShape) -> [StateEntry]

  /// The tensors of a parameter's state at its largest size. By default this is ``stateLayout(for:)``.
  func largestStateLayout(for parameter: ParameterShape) -> [StateEntry]

  /// The state of a parameter before the first step. By default it holds zeros in the shapes of ``stateLayout(for:)``.
  func makeState(for parameter: Parameter) -> ParameterState

  /// Whether the rule keeps moments of a projection of the parameter's gradient. The default is `false`.
  func projects(_ parameter: ParameterShape) -> Bool

  /// The rule's own learning rate; `nil` where the rule uses the scheduled rate, as by default.
  ///
  /// - Parameter step: from 1.
  func ownLearningRate(step: Int) -> Double?

  /// Messages that are shown to the user once, e.g. that a rank was clamped.
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
