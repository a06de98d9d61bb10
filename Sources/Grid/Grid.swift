import Foundation
import Memory
import Results
import Support
import Tasks
import Training

/// An observer of a grid's progress, which shows it to the user.
package protocol GridObserver: AnyObject {
  func note(_ text: String)
  func started(_ cell: GridCell, number: Int, of total: Int)
  func ended(_ cell: GridCell, _ outcome: CellOutcome, seconds: Double)
  /// Called about once a second, and when a cell has started or ended.
  func progressed(_ progress: GridProgress)
}

/// An observer shows what it likes.
extension GridObserver {
  package func progressed(_ progress: GridProgress) {}
}

/// Runs every unfinished cell, some at a time, and collects the outcomes in `grid.json`.
package final class Grid {
  package let path: String
  package private(set) var cells: [GridCell]
  package private(set) var outcomes: [CellOutcome]
  /// Exit status of the first run that failed for a reason other than divergence.
  package private(set) var failureStatus: Int32?
  package let options: GridOptions
  private let folder: GridFolder
  private let launcher: any CellLauncher
  private let observer: any GridObserver
  private let command: [String]
  private let axes: GridAxes
  /// The planned peak memory of each cell in bytes; `nil` where it is not known.
  private var planned: [Int?]
  private var running: [Running] = []
  /// The cells that wait, in the order in which they start.
  private var queue: [Int] = []
  private var judge: CellJudge
  /// Cells that were killed, perhaps because memory ran out: they run again with no other beside them.
  private var alone = Set<Int>()
  /// How many attempts at each cell this process has made.
  private var tries: [Int: Int] = [:]
  private var waiting: Int?

  /// A cell that runs now.
  private struct Running {
    let index: Int
    let cell: any RunningCell
    let start: ContinuousClock.Instant
  }

  /// Checks every cell, and creates the output folder or resumes the grid in it.
  ///
  /// - Parameter output: the grid's folder; `nil` makes a new one under `runs/`.
  /// - Throws: ``GridError`` or `FileError`, or the error of a setting with which no cell could run.
  package static func prepare(
    _ axes: GridAxes, output: String?, options: GridOptions = GridOptions(), launcher: any CellLauncher,
    command: [String], observer: any GridObserver
  ) throws -> Grid {
    let setup = try GridSetup(axes, output: output, options)
    // Memory is checked before a new folder is made, so that a refused grid leaves no folder.
    let before = try setup.outcomes(in: output, setup.recorded)
    var planned = [Int?](repeating: nil, count: setup.cells.count)
    let open = setup.cells.indices.filter { !before[$0].status.isFinal }
    let plan = try GridSetup.plannedBytes(open.map { setup.cells[$0] }, setup.axes, refused: observer.note)
    for (index, bytes) in zip(open, plan) {
      planned[index] = bytes
    }
    let path = try output ?? newFolder(setup)
    let folder = try GridFolder(path)
    // What another grid has written since the first look counts.
    if let recorded = folder.recorded { try GridFolder.check(recorded, setup.cells, in: path) }
    for note in setup.notes { observer.note(note) }
    for (index, cell) in setup.cells.enumerated() where planned[index] == nil {
      planned[index] = folder.recorded?.cells.first { $0.name == cell.name }?.plannedBytes
    }
    return Grid(
      setup, try setup.outcomes(in: path, folder.recorded), planned, folder, options, launcher: launcher,
      command: command,
      observer: observer)
  }

  private init(
    _ setup: GridSetup, _ outcomes: [CellOutcome], _ planned: [Int?], _ folder: GridFolder, _ options: GridOptions,
    launcher: any CellLauncher, command: [String], observer: any GridObserver
  ) {
    (axes, cells, self.outcomes, self.planned) = (setup.axes, setup.cells, outcomes, planned)
    (path, self.folder, self.options) = (folder.path, folder, options)
    (self.launcher, self.command, self.observer) = (launcher, command, observer)
    judge = CellJudge(options.stop)
  }

  private static func newFolder(_ setup: GridSetup) throws -> String {
    guard setup.axes.isOneRun, let cell = setup.cells.first else { return try OutputFolder.new("grid", "search") }
    return try OutputFolder.new(TaskRegistry.find(cell.task).name, cell.optimizer)
  }

  package var summary: GridSummary { GridSummary(Array(zip(cells, outcomes)).map { (cell: $0, outcome: $1) }) }

  /// Runs the unfinished cells.
  ///
  /// - Returns: whether every cell was run; false when a signal stopped the grid.
  package func execute() throws -> Bool {
    let finished = outcomes.count { $0.status.isFinal }
    if finished > 0 { observer.note("\(finished) of \(cells.count) cells have finished before; they are kept") }
    for note in rateNotes() { observer.note(note) }
    for (cell, outcome) in zip(cells, outcomes) where outcome.status.isFinal {
      try judge.take(cell, outcome, folder)
      // They are still here where a cell was killed after it wrote its results.
      try StateFolder(output: folder.folder(of: cell)).removeAll()
    }
    queue = cells.indices.filter { !outcomes[$0].status.isFinal }
    try write(isComplete: false)
    while true {
      guard try runOrStop() else { return false }
      let added = options.extends ? try RateExtension.next(summary, cells, axes) : []
      guard !added.isEmpty else { break }
      try extend(by: added)
    }
    try write(isComplete: true)
    return true
  }

  private var progress: GridProgress {
    let durations = CellDurations(cells, outcomes)
    let now = ContinuousClock.now
    let times = (queue.map { ($0, 0.0) } + running.map { ($0.index, (now - $0.start).seconds) }).map { index, spent in
      durations.expected(task: cells[index].task, optimizer: cells[index].optimizer).map { max(0, $0 - spent) }
    }
    let isOpen = Set(queue + running.map(\.index))
    let ended = outcomes.indices.filter { !isOpen.contains($0) }.map { outcomes[$0].status }
    return GridProgress(
      total: cells.count, ended: ended.count,
      others: [.diverged, .failed, .cut].map { status in (status, ended.count { $0 == status }) },
      running: running.map { .init(cells[$0.index], in: folder, seconds: (now - $0.start).seconds) },
      winners: summary.winners,
      secondsLeft: CellDurations.total(times, atOnce: min(options.jobs, times.count)))
  }

  private func extend(by added: [GridCell]) throws {
    let bytes = try GridSetup.plannedBytes(added, axes, refused: observer.note)
    for (cell, bytes) in zip(added, bytes) {
      observer.note("the best rate is at the edge, so the grid goes on with \(cell.name)")
      queue.append(cells.count)
      cells.append(cell)
      outcomes.append(CellOutcome())
      planned.append(bytes)
    }
    try write(isComplete: false)
  }

  /// Runs what is in the queue. Where the grid itself cannot go on, e.g. on a full disk, the cells that run are stopped in
  /// order first, since they would end at once with the grid and lose what they have.
  private func runOrStop() throws -> Bool {
    do { return try runQueue() } catch {
      for entry in running { entry.cell.stop() }
      for entry in running {
        while entry.cell.exitStatus() == nil { usleep(10_000) }
      }
      throw error
    }
  }

  /// Runs what is in the queue, and waits for its end.
  ///
  /// - Returns: false when a signal stopped the grid.
  private func runQueue() throws -> Bool {
    var told = ContinuousClock.now - .seconds(1)
    while !queue.isEmpty || !running.isEmpty {
      if Interruption.isRequested {
        queue = []
        for entry in running { entry.cell.stop() }
      }
      try startCells()
      let count = running.count
      for entry in running {
        if let status = entry.cell.exitStatus() { try end(entry, status) }
      }
      try cut()
      if running.count != count || ContinuousClock.now - told >= .seconds(1) {
        observer.progressed(progress)
        told = .now
      }
      if running.count == count { usleep(10_000) }
    }
    return !Interruption.isRequested || outcomes.allSatisfy { ![.pending, .interrupted].contains($0.status) }
  }

  /// Starts cells as long as there are jobs and memory for them. The order is kept: where the next cell must wait, so do
  /// those after it, because a large cell would otherwise wait for ever.
  private func startCells() throws {
    while running.count < options.jobs, let index = queue.first, fits(index) {
      queue.removeFirst()
      try start(index)
    }
  }

  /// Whether the cell may start beside those that run.
  private func fits(_ index: Int) -> Bool {
    // Alone, the cell's own run says why it does not fit.
    if running.isEmpty { return true }
    if alone.contains(index) || running.contains(where: { alone.contains($0.index) }) { return false }
    guard let need = planned[index] else { return true }
    let free = FreeMemory.now()
    // A cell that runs has not taken all of its memory yet. What it has taken is no longer free, unless the user has said
    // how much there is in all.
    let isFixed = free.limitedBy == FreeMemory.variable
    let promised = running.reduce(0) { sum, entry in
      let taken = isFixed ? 0 : entry.cell.residentBytes ?? 0
      return sum + max(0, (planned[entry.index] ?? 0) - taken)
    }
    if need <= free.bytes - promised { return true }
    if waiting != index {
      waiting = index
      observer.note(
        "\(cells[index].name) waits for memory: it needs \(Mebibytes.needed(need)), and beside the cells that run "
          + "\(Mebibytes.available(max(0, free.bytes - promised))) are free")
    }
    return false
  }

  private func start(_ index: Int) throws {
    let cell = cells[index]
    observer.started(cell, number: index + 1, of: cells.count)
    // An unfinished cell's folder may still belong to the run of a killed grid, which is about to end.
    try FolderClaim.waitForEnd(in: folder.folder(of: cell))
    tries[index, default: 0] += 1
    let attempts = outcomes[index].attempts + 1
    outcomes[index] = CellOutcome()
    (outcomes[index].status, outcomes[index].attempts) = (.running, attempts)
    // First the record: `grid status` then never misses a cell that runs.
    try write(isComplete: false)
    let start = ContinuousClock.now
    do {
      let started = try launcher.start(
        try arguments(of: index), log: folder.log(of: cell), evaluations: folder.evaluations(of: cell))
      running.append(Running(index: index, cell: started, start: start))
    } catch let error as GridError {
      try fail(index, reason: error.message, status: error.exitStatus.rawValue, isWorthAnother: true)
    }
  }

  /// The command line of a cell's run. It goes on from the last whole state that an earlier attempt saved, if there is
  /// one, and otherwise replaces what that attempt left.
  private func arguments(of index: Int) throws -> [String] {
    let (path, cell) = (folder.folder(of: cells[index]), cells[index])
    let goesOn = StateReader(output: path).hasWholeState
    // The evaluations up to the state are not made again.
    if !goesOn { try Files.remove(folder.evaluations(of: cell)) }
    return cell.arguments(output: path) + [goesOn ? "--resume" : "--overwrite"] + axes.runningArguments
  }

  private func end(_ entry: Running, _ status: Int32) throws {
    let index = entry.index
    running.removeAll { $0.index == index }
    let seconds = (ContinuousClock.now - entry.start).seconds
    outcomes[index].seconds = seconds
    if let cut = outcomes[index].cut {
      // What was cut stays cut, however its run ended.
      let attempts = outcomes[index].attempts
      outcomes[index] = try CellOutcome(folder: folder.folder(of: cells[index])).cut(by: cut)
      (outcomes[index].seconds, outcomes[index].attempts) = (seconds, attempts)
      // Nobody goes on with it, and a state is larger than a model.
      try StateFolder(output: folder.folder(of: cells[index])).removeAll()
      try judge.take(cells[index], outcomes[index], folder)
      observer.ended(cells[index], outcomes[index], seconds: seconds)
      return try write(isComplete: false)
    }
    var outcome = try CellOutcome(folder: folder.folder(of: cells[index]))
    (outcome.seconds, outcome.attempts) = (seconds, outcomes[index].attempts)
    if outcome.status.isFinal {
      outcomes[index] = outcome
      try judge.take(cells[index], outcome, folder)
      observer.ended(cells[index], outcome, seconds: seconds)
      return try write(isComplete: false)
    }
    if status == ExitStatus.interrupted.rawValue, Interruption.isRequested {
      outcomes[index].status = .interrupted
      outcomes[index].reason = "the grid was stopped by a signal; the cell goes on when it is started again"
      return try write(isComplete: false)
    }
    if status == 128 + SIGKILL { alone.insert(index) }
    let code = status == 0 ? ExitStatus.internalError.rawValue : status
    // The same settings and input would be refused again; a crash or a full disk may be no more than bad luck.
    let isWorthAnother = ![.usage, .badInput, .missingInput, .cannotCreate].contains(ExitStatus(rawValue: code))
    try fail(index, reason: failure(of: cells[index], status), status: code, isWorthAnother: isWorthAnother)
  }

  /// Records a failed attempt, and puts the cell at the head of the queue again where one more attempt is due.
  private func fail(_ index: Int, reason: String, status: Int32, isWorthAnother: Bool) throws {
    if isWorthAnother, tries[index] == 1, !Interruption.isRequested {
      outcomes[index].status = .pending
      outcomes[index].reason = reason
      queue.insert(index, at: 0)
      observer.note("\(cells[index].name) failed and is run once more: \(reason)")
      return try write(isComplete: false)
    }
    var outcome = CellOutcome()
    (outcome.status, outcome.reason) = (.failed, reason)
    (outcome.seconds, outcome.attempts) = (outcomes[index].seconds, outcomes[index].attempts)
    failureStatus = failureStatus ?? status
    outcomes[index] = outcome
    try judge.take(cells[index], outcome, folder)
    observer.ended(cells[index], outcome, seconds: outcome.seconds ?? 0)
    try write(isComplete: false)
  }

  /// Cuts the cells that the rule gives no chance.
  private func cut() throws {
    guard options.stop != .none else { return }
    let cuts = judge.cuts(cells, outcomes, folder)
    guard !cuts.isEmpty else { return }
    for (index, cut) in cuts {
      let seconds = outcomes[index].seconds
      outcomes[index] = outcomes[index].cut(by: cut)
      judge.cut(cells[index], cut)
      guard let seconds, !running.contains(where: { $0.index == index }) else { continue }
      observer.ended(cells[index], outcomes[index], seconds: seconds)
    }
    // First the record, so that a grid killed now does not run them again.
    try write(isComplete: false)
    for entry in running where cuts.contains(where: { $0.index == entry.index }) { entry.cell.stop() }
  }

  /// Notes for optimizers that set their own learning rate: cells that differ only in the rate are then the same run.
  private func rateNotes() -> [String] {
    var rates: [String: Set<String>] = [:]
    var order: [String] = []
    for cell in cells {
      // A cell with wrong settings reports them when it runs.
      guard let rate = cell.setting("learning_rate"), let settings = try? cell.runSettings(),
        (try? settings.learningRateHasEffect()) == false
      else { continue }
      if rates[cell.optimizer] == nil { order.append(cell.optimizer) }
      rates[cell.optimizer, default: []].insert(rate)
    }
    return order.filter { (rates[$0]?.count ?? 0) > 1 }.map {
      "\($0) with relative-step takes its own learning rate, so the rates given have no effect on it: cells that differ in "
        + "the rate alone are the same run"
    }
  }

  /// The reason for a failed run: the last line of its log that starts with `error: `, or else its exit status.
  private func failure(of cell: GridCell, _ status: Int32) -> String {
    if status == 128 + SIGKILL { return "killed by signal 9, perhaps because memory ran out" }
    if status == ExitStatus.interrupted.rawValue { return "stopped by a signal that did not come from the grid" }
    let lines = (try? Files.read(folder.log(of: cell), limit: 1 << 26))?.split(separator: UInt8(ascii: "\n")) ?? []
    let text = lines.last { $0.starts(with: Array("error: ".utf8)) }.map {
      PathText.text($0.dropFirst("error: ".utf8.count))
    }
    return text ?? (status > 128 ? "ended by signal \(status - 128)" : "exit status \(status)")
  }

  private func write(isComplete: Bool) throws {
    let summary = summary
    let entries = cells.indices.map { index -> JSON in
      let (cell, outcome) = (cells[index], outcomes[index])
      var object = JSONObject([
        "name": .text(cell.name), "task": .text(cell.task), "optimizer": .text(cell.optimizer),
        "seed": .number(cell.seed),
      ])
      for member in outcome.json.object?.members ?? [] { object[member.key.description] = member.value }
      object["planned_peak_bytes"] = planned[index].map(JSON.integer) ?? .null
      object["extended"] = .bool(cell.isExtended)
      object["identity"] = cell.identity
      return .object(object)
    }
    var axes = self.axes.axes.map { axis in
      JSONObject.Member(ByteString(axis.key), .array(axis.values.map(JSON.text)))
    }
    axes += self.axes.ownRates.map { own in
      JSONObject.Member(ByteString("learning_rate.\(own.optimizer)"), .array(own.values.map(JSON.text)))
    }
    let json = JSON.object(
      JSONObject([
        "schema_version": .integer(SchemaVersion.grid), "status": .text(isComplete ? "completed" : "unfinished"),
        "axes": .object(JSONObject(axes)), "jobs": .integer(options.jobs), "stop": .text(options.stop.rawValue),
        "selection_rule": .text(GridSummary.rule), "winners": .array(summary.winners.map(\.json)),
        "groups": .array(summary.groups.map(\.json)), "cells": .array(entries),
        "command": .array(command.map(JSON.text)),
      ]))
    try Files.writeAtomically(path + "/grid.json", json.serialized())
    // A chart by learning rate says nothing of one run.
    if !summary.groups.isEmpty, !self.axes.isOneRun {
      try Files.writeAtomically(path + "/grid.svg", Array(summary.svg.utf8))
    }
  }
}
