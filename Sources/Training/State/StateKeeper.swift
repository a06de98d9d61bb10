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
    try Profiler.phase("states") {
      try folder.write(step: state.step) { folder in
        if state.step > 0 { try tensors.write(to: folder) }
        try Files.writeAtomically(folder + "/state.json", state.json.serialized())
        return try output.link(into: folder, state)
      }
    }
    last = .now
  }

  /// Removes the states of a run that has ended.
  ///
  /// - Throws: `FileError` when something stays.
  func end() throws(FileError) { try folder.removeAll() }

  /// The latest state that is whole, see ``StateReader/latest(note:)``.
  func latest(note: (String) -> Void) throws -> RunState? {
    try folder.removeLeftovers()
    return try StateReader(output: output.path).latest(note: note)
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
