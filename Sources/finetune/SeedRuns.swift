import ArgumentParser
import Grid
import Support
import Training

/// Runs the same settings with several seeds, as a grid whose only axis is the seed, and shows what they came to.
enum SeedRuns {
  static func present(_ settings: RunSettings, seeds: String) throws {
    try GridCommand.refuseOptionsOfOneRun(settings, what: "a run of several seeds goes")
    var axes = GridAxes()
    axes.isOneRun = true
    try axes.setFixed(settings)
    try axes.setAxis("seed", flag: "--seeds", seeds, beside: settings)
    let grid = try GridCommand.execute(axes, settings)
    let summary = try SeedSummary(grid, command: ProgramArguments.all)
    let json = summary.json.serialized()
    try Files.writeAtomically(grid.path + "/" + SeedSummary.file, json)
    try Console.output(kept: grid.path) { settings.json ? json : PathText.bytes(table(summary, grid) + "\n") }
    if let status = grid.failureStatus { throw ExitCode(status) }
    // As of a single run, whose divergence is an error too.
    if summary.runs.contains(where: { $0.outcome.status == .diverged }) {
      throw ExitCode(ExitStatus.diverged.rawValue)
    }
  }

  /// One row for each metric, and a line for what kept a run from counting.
  private static func table(_ summary: SeedSummary, _ grid: Grid) -> String {
    let isSample = summary.runs.contains { $0.outcome.source == "sample" }
    let rows = summary.metrics.map { metric -> [String] in
      let statistics = metric.statistics
      let spread = [statistics.standardDeviation, statistics.standardError].map {
        $0.map { TextTable.fixed($0, 4) } ?? "-"
      }
      let values = summary.runs.map { run in
        metric.values.first { $0.seed == run.seed }.map { TextTable.fixed($0.value, 4) } ?? "-"
      }
      return ["\(metric.split) \(metric.name)\(isSample ? " (sample)" : "")", TextTable.fixed(statistics.mean, 4)]
        + spread + [String(statistics.count)] + values
    }
    let header = ["", "mean", "sd", "se", "n"] + summary.runs.map { "seed \($0.seed)" }
    var lines = rows.isEmpty ? [] : [TextTable.text(header: header, rows: rows)]
    for run in summary.runs where run.outcome.status != .completed {
      lines.append("seed \(run.seed) \(run.outcome.status.rawValue): \(run.outcome.reason ?? "")")
    }
    let collapsed = summary.runs.filter(\.outcome.collapsed).map(\.seed)
    if !collapsed.isEmpty {
      lines.append("collapsed, every dev prediction is the same: seed \(collapsed.joined(separator: ", "))")
    }
    lines.append("output  \(grid.path)")
    return lines.joined(separator: "\n")
  }
}
