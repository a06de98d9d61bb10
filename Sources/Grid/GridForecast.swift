import Memory
import Results
import Support

/// What a grid would do, before it does any of it: `grid --dry-run`. Nothing is written.
package struct GridForecast: Sendable {
  package struct Cell: Sendable {
    package let cell: GridCell
    package let outcome: CellOutcome
    /// Planned peak memory in bytes; `nil` for a cell that has finished, and where the run would be refused.
    package let plannedBytes: Int?
    /// Expected time in seconds; `nil` where no cell of the same task and optimizer has completed.
    package let seconds: Double?

    /// The settings that vary, e.g. `learning_rate=0.001 seed=1`.
    package var settings: String { cell.combination.map { "\($0.key)=\($0.text)" }.joined(separator: " ") }
  }

  package let cells: [Cell]
  package let notes: [String]
  /// Memory that is free now, in bytes.
  package let freeBytes: Int
  /// How many cells run at a time: the jobs, or fewer where the largest cells need more memory than that.
  package let atOnce: Int
  /// Expected time of all unfinished cells in seconds; `nil` where it is not known.
  package let seconds: Double?

  /// - Throws: as ``Grid/prepare(_:output:options:launcher:command:observer:)``.
  package init(_ axes: GridAxes, output: String?, _ options: GridOptions) throws {
    let setup = try GridSetup(axes, output: output, options)
    let outcomes = try setup.outcomes(in: output, setup.recorded)
    let durations = CellDurations(setup.cells, outcomes)
    let open = setup.cells.indices.filter { !outcomes[$0].status.isFinal }
    var planned = [Int?](repeating: nil, count: setup.cells.count)
    var notes = setup.notes
    let plan = try GridSetup.plannedBytes(open.map { setup.cells[$0] }, setup.axes) { notes.append($0) }
    for (index, bytes) in zip(open, plan) {
      planned[index] = bytes
    }
    let cells = setup.cells.indices.map { index in
      let (cell, outcome) = (setup.cells[index], outcomes[index])
      return Cell(
        cell: cell, outcome: outcome, plannedBytes: planned[index],
        seconds: outcome.status.isFinal
          ? outcome.seconds : durations.expected(task: cell.task, optimizer: cell.optimizer))
    }
    (self.cells, self.notes) = (cells, notes)
    let free = FreeMemory.now().bytes
    var (room, count) = (free, 0)
    for bytes in open.compactMap({ planned[$0] }).sorted(by: >).prefix(options.jobs) where bytes <= room {
      (room, count) = (room - bytes, count + 1)
    }
    // A cell whose need is not known waits for none.
    let atOnce = max(1, min(options.jobs, count + open.count { planned[$0] == nil }))
    (freeBytes, self.atOnce) = (free, atOnce)
    let times = open.map { cells[$0].seconds }
    seconds = CellDurations.total(times, atOnce: atOnce)
  }

  package var json: JSON {
    var object = JSONObject(["schema_version": .integer(SchemaVersion.grid), "cells": .array(cells.map(\.json))])
    object["free_bytes"] = .integer(freeBytes)
    object["at_once"] = .integer(atOnce)
    object["expected_seconds"] = seconds.map(JSON.real) ?? .null
    return .object(object)
  }
}

extension GridForecast.Cell {
  fileprivate var json: JSON {
    var object = JSONObject([
      "name": .text(cell.name), "task": .text(cell.task), "optimizer": .text(cell.optimizer),
    ])
    object["settings"] = .object(JSONObject(cell.combination.map { .init(ByteString($0.key), .text($0.text)) }))
    object["status"] = .text(outcome.status.rawValue)
    object["planned_peak_bytes"] = plannedBytes.map(JSON.integer) ?? .null
    object["expected_seconds"] = seconds.map(JSON.real) ?? .null
    object["identity"] = cell.identity
    return .object(object)
  }
}
