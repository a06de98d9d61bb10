import Results
import Support

/// Saves the state of a run from time to time, and finds the state that a run goes on from.
final class StateKeeper {
  private let interval: CheckpointInterval?
  private let output: OutputFolder
  private let folder: StateFolder
  private let tensors: StateTensors
  private var last = ContinuousClock.now

  init(_ interval: CheckpointInterval?, output: OutputFolder, tensors: StateTensors) {
    (self.interval, self.output, self.tensors) = (interval, output, tensors)
    folder = StateFolder(output: output.path)
  }

  /// Whether the state is to be saved after a step.
  func isDue(after step: Int) -> Bool {
    interval?.isDue(after: step, elapsed: ContinuousClock.now - last) ?? false
  }

  /// Saves a state. The state of step 0 has no tensors; it tells which run this is, so that a run that was killed early
  /// is not resumed as another.
  ///
  /// - Throws: `FileError`; the states before it are then as they were.
  func save(_ state: RunState) throws {
    try folder.write(step: state.step) { folder in
      if state.step > 0 { try tensors.write(to: folder) }
      try Files.writeAtomically(folder + "/state.json", state.json.serialized())
      return try output.link(into: folder, state)
    }
    last = .now
  }

  /// Removes the states of a run that has ended.
  ///
  /// - Throws: `FileError` when something stays.
  func end() throws(FileError) { try folder.removeAll() }

  /// The latest state that is whole. The states that are not are told to the user.
  ///
  /// - Returns: `nil` where no state was ever saved.
  /// - Throws: ``TrainingError/noGoodState(path:reason:)`` when no state is whole; `FileError` when the folder cannot be
  ///   read.
  func latest(note: (String) -> Void) throws -> RunState? {
    try folder.removeLeftovers()
    let steps = try folder.steps()
    var first: String?
    for (index, step) in steps.enumerated() {
      let path = folder.folder(step)
      switch read(step) {
      case .success(let state): return state
      case .failure(let fault):
        first = first ?? fault.reason
        let next = index + 1 < steps.count ? "; the state before it, of step \(steps[index + 1]), is tried" : ""
        note("\(path): cannot be used: \(fault.reason)\(next)")
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
      if step > 0 { try TrainLog.read(output.path + "/" + RunRecorder.logFile, upTo: state.log) }
      return .success(state)
    } catch let fault as RecordFault {
      return .failure(Fault(reason: "state.json: its key \(fault.key) is missing or not as expected"))
    } catch {
      return .failure(Fault(reason: error.localizedDescription))
    }
  }

  /// Puts weights, optimizer, saved model and predictions back to where they were in a state.
  ///
  /// - Throws: the error of a file, or of a state that does not fit this model and optimizer.
  func restore(_ state: RunState) throws {
    let folder = folder.folder(state.step)
    try tensors.read(from: folder, scalars: state.optimizer)
    try output.restore(from: folder, state)
    last = .now
  }
}
