import Results

/// Hears what a run does, to show it.
package protocol RunObserver: AnyObject {
  /// Something the user should know: a preset lowered, weights created, a rank clamped.
  func note(_ text: String)
  /// The table of parameters by role: tensors, parameters, decayed, projected.
  func parameters(_ rows: [RunResult.RoleRow])
  func step(_ record: StepRecord, of total: Int)
  func evaluation(_ record: EvaluationRecord, isBest: Bool)
}

extension RunResult {
  /// One line of the parameter table printed at start.
  package struct RoleRow: Sendable {
    package let role: String
    package let tensors: Int
    package let parameters: Int
    package let decayed: Int
    package let projected: Int

    package init(role: String, tensors: Int, parameters: Int, decayed: Int, projected: Int) {
      (self.role, self.tensors, self.parameters) = (role, tensors, parameters)
      (self.decayed, self.projected) = (decayed, projected)
    }
  }
}
