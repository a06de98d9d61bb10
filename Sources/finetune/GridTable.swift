import Grid
import Support

/// The table that a grid prints at its end. Each row is a group of cells that differ only in their seed; a star marks
/// the best learning rate of each task and optimizer.
enum GridTable {
  static func text(_ grid: Grid) -> String {
    let summary = grid.summary
    let winners = Set(summary.winners.map(\.key))
    let hasVariants = summary.groups.contains { !$0.variant.isEmpty }
    var header = ["", "task", "optimizer", "rate"] + (hasVariants ? ["variant"] : [])
    header += ["metric", "mean", "sd", "seeds", "seconds", "state", "peak"]
    let rows = summary.groups.map { group -> [String] in
      var row = [winners.contains(group.key) ? "*" : "", group.task, group.optimizer]
      row.append(group.learningRate.map { "\($0)" } ?? "")
      if hasVariants { row.append(group.variant) }
      var mean = TextTable.fixed(group.mean, 4)
      if group.collapsed > 0 { mean += " (\(group.collapsed) collapsed)" }
      if group.diverged > 0 { mean += " (\(group.diverged) diverged)" }
      if group.cut > 0 { mean += " (\(group.cut) cut)" }
      row += [
        group.metric, mean, group.standardDeviation.map { TextTable.fixed($0, 4) } ?? "-",
        "\(group.seeds.count)/\(group.cellCount)", group.meanSeconds.map { TextTable.fixed($0, 1) } ?? "",
        group.stateBytes.map(TextTable.mebibytes) ?? "", group.peakBytes.map(TextTable.mebibytes) ?? "",
      ]
      return row
    }
    var lines: [String] = rows.isEmpty ? [] : [TextTable.text(header: header, rows: rows)]
    if !winners.isEmpty { lines.append("* chosen: \(GridSummary.rule)") }
    for winner in summary.winners {
      guard let edge = winner.edge, let rate = winner.learningRate else { continue }
      let setting = [winner.task, winner.optimizer, winner.variant].filter { !$0.isEmpty }.joined(separator: " ")
      lines.append(
        "edge: the best rate of \(setting), \(rate), is the \(edge.rawValue) tried, so that a "
          + "\(edge == .lowest ? "lower" : "higher") one may be better"
          + (grid.options.extends ? "" : "; --extend goes on there"))
    }
    if summary.groups.contains(where: { $0.collapsed == $0.seeds.count }) {
      lines.append(
        "collapsed: every dev prediction is the same; where that is so for every seed, a rate is no candidate")
    }
    for status in [CellOutcome.Status.diverged, .failed, .cut] {
      let names = zip(grid.cells, grid.outcomes).filter { $0.1.status == status }.map(\.0.name)
      if !names.isEmpty { lines.append("\(status.rawValue): \(names.joined(separator: ", "))") }
    }
    if grid.outcomes.contains(where: { $0.source == "sample" }) {
      lines.append("scores on a bundled sample are not benchmark scores")
    }
    lines.append("output  \(grid.path)")
    return lines.joined(separator: "\n")
  }
}

/// The table of `grid --dry-run`.
enum ForecastTable {
  static func text(_ forecast: GridForecast) -> String {
    let rows = forecast.cells.map { entry -> [String] in
      [
        entry.cell.name, entry.settings, entry.outcome.status.rawValue,
        entry.plannedBytes.map { Mebibytes.needed($0) } ?? "-", entry.seconds.map(TextTable.clock) ?? "unknown",
      ]
    }
    let open = forecast.cells.count { !$0.outcome.status.isFinal }
    var lines = [TextTable.text(header: ["cell", "settings", "status", "planned", "time"], rows: rows)]
    lines += forecast.notes.map { "note: \($0)" }
    lines.append("\(Plural.count(forecast.cells.count, "cell")), \(forecast.cells.count - open) of them finished")
    lines.append("memory: \(Mebibytes.available(forecast.freeBytes)) are free, \(forecast.atOnce) at a time")
    lines.append(
      "time: "
        + (forecast.seconds.map { "about \(TextTable.clock($0))" }
          ?? "unknown, until a cell of each task and optimizer has completed in this grid"))
    return lines.joined(separator: "\n")
  }
}
