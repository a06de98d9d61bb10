import Results
import Support

/// How far a grid is, read from its folder while it runs or afterwards: `grid status`. Nothing is written.
package struct GridStatus: Sendable {
  package enum State: String, Sendable, CaseIterable {
    case completed
    case running
    case interrupted
    case pending
    case diverged
    case failed
    case cut
  }

  package struct Cell: Sendable {
    package let name: String
    package let state: State
    /// Why an ended cell did not complete, or why its last attempt failed.
    package let reason: String?
    package let metric: String?
    package let score: Double?
    /// Wall-clock time in seconds of a cell that has ended.
    package let seconds: Double?
    /// The last step taken of a cell that runs, and the number of all steps.
    package let step: Int?
    package let totalSteps: Int?
    /// Expected time to the cell's end in seconds; 0 for a cell that has ended, `nil` where it is not known.
    package let secondsLeft: Double?
  }

  package let path: String
  /// Whether a process runs the grid now.
  package let isRunning: Bool
  package let cells: [Cell]
  /// The best settings so far, as in `grid.json`.
  package let winners: [JSON]
  /// Expected time to the grid's end in seconds; `nil` where it is not known.
  package let secondsLeft: Double?

  /// - Parameter path: the grid's folder, or the `grid.json` in it.
  /// - Throws: ``GridError/noGrid(path:)`` where the folder holds no grid, ``GridError/badFile(path:reason:)``
  ///   or ``FileError``.
  package init(_ path: String) throws {
    let path = Files.folder(named: path, orOf: GridFolder.record)
    guard Files.exists(path) else { throw FileError.missing(path: path) }
    guard let record = try GridRecord(folder: path) else {
      throw GridError.noGrid(path: path)
    }
    self.path = path
    let isRunning = FolderLock.isHeld(GridFolder.lock(of: path))
    let outcomes = try record.cells.map { try CellOutcome(folder: path + "/" + $0.name, recorded: $0.outcome) }
    let durations = CellDurations(zip(record.cells, outcomes).map { ($0.task, $0.optimizer, $1) })
    cells = zip(record.cells, outcomes).map { cell, outcome in
      let state = GridStatus.state(cell.outcome, outcome, isRunning: isRunning)
      let expected = durations.expected(task: cell.task, optimizer: cell.optimizer)
      let progress = state == .running ? GridStatus.progress(of: cell.name, in: path) : nil
      let left: Double? =
        switch state {
        case .completed, .diverged, .cut: 0
        case .failed: isRunning ? 0 : expected
        case .running: progress?.secondsLeft ?? expected
        case .interrupted, .pending: expected
        }
      return Cell(
        name: cell.name, state: state, reason: outcome.reason ?? cell.outcome.reason, metric: outcome.primaryMetric,
        score: state == .completed ? outcome.primary : nil, seconds: state == .running ? nil : outcome.seconds,
        step: progress?.step, totalSteps: progress?.totalSteps, secondsLeft: left)
    }
    self.isRunning = isRunning
    winners = record.winners
    let times = cells.map(\.secondsLeft)
    let open = times.count { $0 != 0 }
    secondsLeft = CellDurations.total(times, atOnce: min(record.jobs, open))
  }

  /// - Parameters:
  ///   - told: what the grid wrote last.
  ///   - own: what the cell's own record says.
  private static func state(_ told: CellOutcome, _ own: CellOutcome, isRunning: Bool) -> State {
    switch own.status {
    case .completed: return .completed
    case .diverged: return .diverged
    case .cut: return .cut
    case .failed, .pending, .running, .interrupted:
      if told.status == .running, isRunning { return .running }
      if told.status == .failed { return .failed }
      return [told.status, own.status].contains { [.running, .interrupted].contains($0) } ? .interrupted : .pending
    }
  }

  private static func progress(of cell: String, in path: String) -> (step: Int, totalSteps: Int?, secondsLeft: Double?)?
  {
    guard let log = try? TrainLog.read(path + "/" + cell + "/train_log.jsonl"), let last = log.last else { return nil }
    let total = CellEvaluations(file: GridFolder.evaluations(of: cell, in: path)).totalSteps
    let spent = log.reduce(0) { $0 + $1.seconds }
    return (
      last.step, total, total.map { spent / Double(max(1, last.step)) * Double(max(0, $0 - last.step)) }
    )
  }

  package func count(_ state: State) -> Int { cells.count { $0.state == state } }

  package var json: JSON {
    var counts = JSONObject()
    for state in State.allCases { counts[state.rawValue] = .integer(count(state)) }
    var object = JSONObject([
      "schema_version": .integer(SchemaVersion.grid), "folder": .text(path), "running": .bool(isRunning),
    ])
    object["counts"] = .object(counts)
    object["seconds_left"] = secondsLeft.map(JSON.real) ?? .null
    object["winners"] = .array(winners)
    object["cells"] = .array(cells.map(\.json))
    return .object(object)
  }
}

extension GridStatus.Cell {
  fileprivate var json: JSON {
    var object = JSONObject(["name": .text(name), "status": .text(state.rawValue)])
    object["reason"] = reason.map(JSON.text) ?? .null
    object["metric"] = metric.map(JSON.text) ?? .null
    object["score"] = score.map(JSON.real) ?? .null
    object["seconds"] = seconds.map(JSON.real) ?? .null
    object["step"] = step.map(JSON.integer) ?? .null
    object["total_steps"] = totalSteps.map(JSON.integer) ?? .null
    object["seconds_left"] = secondsLeft.map(JSON.real) ?? .null
    return .object(object)
  }
}
