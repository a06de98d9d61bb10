import Support
import Tasks
import Training

/// An observer of a grid's progress, which shows it to the user.
package protocol GridObserver: AnyObject {
  func note(_ text: String)
  func started(_ cell: GridCell, number: Int, of total: Int)
  func ended(_ cell: GridCell, _ outcome: CellOutcome, seconds: Double)
}

/// Runs every unfinished cell, one after the other, and collects the outcomes in `grid.json`.
package final class Grid {
  package let path: String
  package let cells: [GridCell]
  package private(set) var outcomes: [CellOutcome]
  /// Exit status of the first run that failed for a reason other than divergence.
  package private(set) var failureStatus: Int32?
  private let folder: GridFolder
  private let launcher: any CellLauncher
  private let observer: any GridObserver
  private let command: [String]
  private let axes: GridAxes

  /// Checks every cell, and creates the output folder or resumes the grid in it.
  ///
  /// - Parameter output: the grid's folder; `nil` makes a new one under `runs/`.
  /// - Throws: ``GridError`` or `FileError`, or the error of a setting with which no cell could run.
  package static func prepare(
    _ axes: GridAxes, output: String?, launcher: any CellLauncher, command: [String], observer: any GridObserver
  ) throws -> Grid {
    let cells = try axes.cells()
    // A new grid is checked before its folder is made, so that a refused grid leaves no folder.
    let isNew = output.map { !Files.exists($0) } ?? true
    if isNew { try requireMemory(cells, axes) }
    let path = try output ?? newFolder(axes, cells)
    let folder = try GridFolder(path)
    try folder.check(cells)
    let outcomes = try cells.map { try CellOutcome(folder: folder.folder(of: $0)) }
    // A resumed grid is checked for its unfinished cells, even where no cell has finished.
    if !isNew { try requireMemory(zip(cells, outcomes).filter { !$1.status.isFinal }.map(\.0), axes) }
    return Grid(axes, cells, outcomes, path, folder, launcher: launcher, command: command, observer: observer)
  }

  private init(
    _ axes: GridAxes, _ cells: [GridCell], _ outcomes: [CellOutcome], _ path: String, _ folder: GridFolder,
    launcher: any CellLauncher, command: [String], observer: any GridObserver
  ) {
    (self.axes, self.cells, self.outcomes, self.path, self.folder) = (axes, cells, outcomes, path, folder)
    (self.launcher, self.command, self.observer) = (launcher, command, observer)
  }

  private static func newFolder(_ axes: GridAxes, _ cells: [GridCell]) throws -> String {
    guard axes.isOneRun, let cell = cells.first else { return try OutputFolder.new("grid", "search") }
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
    try write(isComplete: false)
    for (index, cell) in cells.enumerated() where !outcomes[index].status.isFinal {
      if Interruption.isRequested { return false }
      observer.started(cell, number: index + 1, of: cells.count)
      let start = ContinuousClock.now
      // An unfinished cell's folder may still belong to the run of a killed grid, which is about to end.
      try FolderClaim.waitForEnd(in: folder.folder(of: cell))
      let status = try launcher.launch(
        cell.arguments(output: folder.folder(of: cell)) + ["--overwrite"] + (axes.isForced ? ["--force"] : [])
          + (axes.writesEvents ? ["--tensorboard"] : []),
        log: folder.log(of: cell))
      if status == ExitStatus.interrupted.rawValue { return false }
      var outcome = try CellOutcome(folder: folder.folder(of: cell))
      if !outcome.status.isFinal {
        outcome = CellOutcome()
        outcome.status = .failed
        outcome.reason = failure(of: cell, status)
        failureStatus = failureStatus ?? (status == 0 ? ExitStatus.internalError.rawValue : status)
      }
      outcomes[index] = outcome
      observer.ended(cell, outcome, seconds: (ContinuousClock.now - start).seconds)
      try write(isComplete: false)
    }
    try write(isComplete: true)
    return true
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

  /// Refuses a grid before its first cell starts when one of `cells` cannot fit in memory.
  private static func requireMemory(_ cells: [GridCell], _ axes: GridAxes) throws {
    guard !axes.isForced else { return }
    var checked = Set<[String]>()
    for cell in cells {
      let settings = try cell.runSettings()
      // Settings with little or no effect on memory.
      let without: Set<String> = [
        "seed", "learning_rate", "schedule", "schedule_power", "schedule_cycles", "schedule_decay", "warmup_ratio",
        "warmup_steps", "weight_decay", "layer_decay", "label_smoothing", "class_weights", "early_stopping",
      ]
      let key =
        cell.settings.filter { !without.contains($0.key) }.map { "\($0.key)=\($0.text)" }.sorted()
        + cell.options.map { "\($0.key)=\($0.value)" }.sorted()
      guard checked.insert(key).inserted else { continue }
      do { _ = try Run.planMemory(settings) } catch TrainingError.doesNotFit(let message) {
        throw GridError.doesNotFit(cell: cell.name, message: message)
      } catch {
        // The cell's own run reports this error, and the other cells go on.
        continue
      }
    }
  }

  /// The reason for a failed run: the last line of its log that starts with `error: `, or else its exit status.
  private func failure(of cell: GridCell, _ status: Int32) -> String {
    let lines = (try? Files.read(folder.log(of: cell), limit: 1 << 26))?.split(separator: UInt8(ascii: "\n")) ?? []
    let text = lines.last { $0.starts(with: Array("error: ".utf8)) }.map { PathText.text($0) }
    return text ?? (status > 128 ? "ended by signal \(status - 128)" : "exit status \(status)")
  }

  private func write(isComplete: Bool) throws {
    let summary = summary
    let entries = zip(cells, outcomes).map { cell, outcome -> JSON in
      var object = JSONObject([
        "name": .text(cell.name), "task": .text(cell.task), "optimizer": .text(cell.optimizer),
        "seed": .number(cell.seed),
      ])
      for member in outcome.json.object?.members ?? [] { object[member.key.description] = member.value }
      object["identity"] = cell.identity
      return .object(object)
    }
    let axes = axes.axes.map { axis in
      JSONObject.Member(ByteString(axis.key), .array(axis.values.map(JSON.text)))
    }
    let json = JSON.object(
      JSONObject([
        "schema_version": .integer(1), "status": .text(isComplete ? "completed" : "unfinished"),
        "axes": .object(JSONObject(axes)), "winners": .array(summary.winners.map(\.json)),
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
