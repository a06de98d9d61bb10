import Results

/// Hears what a run does, to show it.
package protocol RunObserver: AnyObject {
  /// Something the user should know: a preset lowered, weights created, a rank clamped.
  func note(_ text: String)
  /// The table of parameters by role that a run begins with.
  func parameters(_ rows: [ParameterRow])
  func step(_ record: StepRecord, of total: Int)
  func evaluation(_ record: EvaluationRecord, isBest: Bool)
}

/// One line of the table of parameters: those of one role.
package struct ParameterRow: Sendable {
  package let role: String
  package let tensors: Int
  package let parameters: Int
  /// Parameters that weight decay acts on.
  package let decayed: Int
  /// Parameters whose gradient the optimizer projects.
  package let projected: Int
}
