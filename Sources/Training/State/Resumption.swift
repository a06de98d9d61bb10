import Results
import Support

/// What `--resume` finds in an output folder.
enum Resumption {
  /// Nothing: the run is new.
  case new
  /// A run that was stopped before it saved a state, and that starts at its first step again.
  case start
  /// The state after a step.
  case state(RunState)
  /// The run has ended before, completed or diverged. There is nothing left to do.
  case ended(RunRecord)

  /// Looks for what is left of the run, and checks that it is of the same run.
  ///
  /// - Parameters:
  ///   - record: the record of the run that is to be resumed, of before its first step.
  ///   - totalSteps: its number of steps.
  ///   - writesEvents: whether it is to write event files for tensorboard.
  /// - Throws: ``TrainingError`` when the folder holds another run, a run without states, a damaged record, or no state
  ///   that is whole; `FileError` when there is something to do and the folder cannot be claimed.
  static func find(
    for record: RunRecord, totalSteps: Int, writesEvents: Bool, in output: OutputFolder, states: StateKeeper,
    note: (String) -> Void
  ) throws -> Resumption {
    guard output.holdsRun else {
      try output.checkClaim()
      return .new
    }
    let identity = RunIdentity(record)
    func check(_ other: RunRecord) throws(TrainingError) {
      let differences = identity.differences(from: RunIdentity(other))
      guard differences.isEmpty else { throw .otherRun(path: output.path, differences: differences) }
    }
    if let ended = try output.record(), [.completed, .diverged].contains(ended.status) {
      try check(ended)
      return .ended(ended)
    }
    // All else writes to the folder.
    try output.checkClaim()
    guard let state = try states.latest(note: note) else { throw TrainingError.noState(path: output.path) }
    try check(state.record)
    guard state.step < totalSteps else {
      throw TrainingError.noGoodState(
        path: output.path, reason: "it is of step \(state.step), expected one before \(totalSteps), the last")
    }
    for (key, what) in [("version", "program"), ("git_commit", "program"), ("cpu", "processor"), ("blas", "BLAS")] {
      let (before, now) = (state.record.environment[key], record.environment[key])
      if before != now {
        note(
          "resumed with another \(what): \(before?.summary ?? "unknown") before, \(now?.summary ?? "unknown") now; "
            + "the last digits may differ from those of a run that was not stopped")
      }
    }
    tellOfEvents(state, isWanted: writesEvents, in: output, note: note)
    guard state.step > 0 else {
      note("no state was saved before the run was stopped, so it starts from its first step")
      return .start
    }
    note("resumed after step \(state.step)")
    return .state(state)
  }

  /// Tells where the curves for tensorboard will not be those of the whole run, which no other file depends on.
  private static func tellOfEvents(
    _ state: RunState, isWanted: Bool, in output: OutputFolder, note: (String) -> Void
  ) {
    let areThere = EventFile.areThere(inRun: output.path)
    if areThere, !isWanted {
      note(
        "the run was started with --tensorboard and is resumed without it: "
          + (state.step > 0 ? "its event files get no further steps" : "its event files are removed"))
    }
    // From the first step on, the files are whole.
    if !areThere, isWanted, state.step > 0 {
      note(
        "the run was started without --tensorboard and is resumed with it: its event files begin after step \(state.step)"
      )
    }
  }
}
