import Results
import Support

/// Finds the latest saved state of a run that is whole.
package struct StateReader {
  private let output: String
  private let folder: StateFolder

  /// - Parameter output: the run's output folder.
  package init(output: String) { (self.output, folder) = (output, StateFolder(output: output)) }

  /// Whether there is a state that a run could go on from.
  package var hasWholeState: Bool { (try? latest { _ in }).flatMap { $0 } != nil }

  /// The latest state that is whole. The states that are not are told to the user.
  ///
  /// - Returns: `nil` where no state was ever saved.
  /// - Throws: ``TrainingError/noGoodState(path:reason:)`` when no state is whole; `FileError` when the folder cannot be
  ///   read.
  func latest(note: (String) -> Void) throws -> RunState? {
    let steps = try folder.steps()
    var first: String?
    for (index, step) in steps.enumerated() {
      switch read(step) {
      case .success(let state): return state
      case .failure(let fault):
        first = first ?? fault.reason
        let next = index + 1 < steps.count ? "; the state before it, of step \(steps[index + 1]), is tried" : ""
        note("\(folder.folder(step)): cannot be used: \(fault.reason)\(next)")
      }
    }
    if let first { throw TrainingError.noGoodState(path: folder.path, reason: first) }
    return nil
  }

  private struct Fault: Error { let reason: String }

  private func read(_ step: Int) -> Result<RunState, Fault> {
    if let reason = folder.fault(step: step) { return .failure(Fault(reason: reason)) }
    do {
      let state = try RunState(JSON.parse(Files.read(folder.folder(step) + "/state.json", limit: 1 << 28)))
      guard state.step == step else { return .failure(Fault(reason: "state.json is of step \(state.step)")) }
      // Without its log, the run would end with half a log. A run that starts from step 0 writes a new one.
      if step > 0 {
        guard Files.exists(output + "/" + RunRecorder.logFile) else {
          return .failure(Fault(reason: "\(RunRecorder.logFile), whose lines up to the step it counts on, is missing"))
        }
        try TrainLog.read(output + "/" + RunRecorder.logFile, upTo: state.log)
      }
      return .success(state)
    } catch let fault as RecordFault {
      return .failure(Fault(reason: "state.json: \(fault.message)"))
    } catch {
      return .failure(Fault(reason: error.localizedDescription))
    }
  }
}
