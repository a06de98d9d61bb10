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
