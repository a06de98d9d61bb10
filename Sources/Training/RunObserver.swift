import Results

/// Receives the events of a run or of scoring a saved model, to display them.
package protocol RunObserver: AnyObject {
  /// A message that the user should see, e.g. about a lowered preset, created weights or a clamped rank.
  func note(_ text: String)
  /// The table of parameters by role, before the first step.
  func parameters(_ rows: [ParameterRow])
  /// An optimizer step has been taken; `total` is the number of steps of the run.
  func step(_ record: StepRecord, of total: Int)
  /// The first dev split has been scored; `isBest` says whether no earlier score was as good.
  func evaluation(_ record: EvaluationRecord, isBest: Bool)
  /// A part of a split has been scored. The total counts examples, windows of texts or batches.
  func scoring(_ split: String, done: Int, of total: Int)
}

/// An observer shows what it likes.
extension RunObserver {
  package func note(_ text: String) {}
  package func parameters(_ rows: [ParameterRow]) {}
  package func step(_ record: StepRecord, of total: Int) {}
  package func evaluation(_ record: EvaluationRecord, isBest: Bool) {}
  package func scoring(_ split: String, done: Int, of total: Int) {}
}
