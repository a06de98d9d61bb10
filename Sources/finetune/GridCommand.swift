import ArgumentParser
import Grid
import Support
import Training

struct GridCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grid", abstract: "Search learning rates and optimizers: one run for each combination.",
    discussion: """
      Example:
        finetune grid --tasks cola --optimizers adamw,fira --learning-rates 3e-4,1e-3,3e-3 --seeds 1,2 --output GRID
      Every option of run is fixed for all cells; -O fira.rank=8 addresses one optimizer. Started again with the same \
      --output, it goes on with the cells that are missing. grid.json there gathers all cells and names the best rate of \
      each task and optimizer.
      """)

  @Option(parsing: .unconditional, help: "YAML or JSON file of run options; a list makes an axis.") var grid: String?
  @Option(parsing: .unconditional, help: "Tasks, separated by commas.") var tasks: String?
  @Option(parsing: .unconditional, help: "Optimizers, separated by commas (default: adamw).") var optimizers: String?
  @Option(parsing: .unconditional, help: "Rates, separated by commas (default: each optimizer's preset).")
  var learningRates: String?
  @Option(parsing: .unconditional, help: "Seeds, separated by commas (default: 42).") var seeds: String?
  @OptionGroup var options: RunOptions

  func run() throws {
    let settings = try options.settings()
    guard !settings.overwrite else {
      throw GridError.badAxis(
        origin: "--overwrite", reason: "a grid goes on with what its folder holds; give a new --output to start afresh")
    }
    var axes = try grid.map { try GridFile.read($0) } ?? GridAxes()
    axes.setFixed(settings)
    for (flag, key, text) in [
      ("--tasks", "task", tasks), ("--optimizers", "optimizer", optimizers),
      ("--learning-rates", "learning_rate", learningRates), ("--seeds", "seed", seeds),
    ] {
      if let text { try axes.setAxis(key, flag: flag, text, beside: settings) }
    }
    let run = try GridCommand.execute(axes, settings)
    try Console.output(kept: run.path) { () throws(FileError) in
      settings.json ? try Files.read(run.path + "/grid.json") : PathText.bytes(GridTable.text(run) + "\n")
    }
    // A diverged run is a result about its learning rate; only a run that failed otherwise makes the grid fail.
    if let status = run.failureStatus { throw ExitCode(status) }
  }

  /// Runs every cell, and shows the progress.
  ///
  /// - Returns: the grid with all of its outcomes.
  /// - Throws: the error of the grid, or the exit code of one that a signal stopped.
  static func execute(_ axes: GridAxes, _ settings: RunSettings) throws -> Grid {
    Interruption.install()
    let display = GridDisplay(isQuiet: settings.quiet || settings.json)
    let grid = try Grid.prepare(
      axes, output: settings.output, launcher: ProcessLauncher(), command: ProgramArguments.all, observer: display)
    guard try grid.execute() else {
      Console.note("interrupted: start it again with --output \(grid.path) to go on")
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
    return grid
  }
}

/// Shows a grid's progress on standard error, one line for each cell.
final class GridDisplay: GridObserver {
  private let isQuiet: Bool
  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  func note(_ text: String) { put("note: \(text)\n") }

  func started(_ cell: GridCell, number: Int, of total: Int) { put("[\(number)/\(total)] \(cell.name) … ") }

  func ended(_ cell: GridCell, _ outcome: CellOutcome, seconds: Double) {
    let score = outcome.primary.map { "\(outcome.primaryMetric ?? "") \(TextTable.fixed($0, 4))" }
    let text = outcome.status == .completed ? score : "\(outcome.status.rawValue): \(outcome.reason ?? "")"
    put("\(text ?? "no score")\(outcome.collapsed ? " (collapsed)" : "")  \(TextTable.clock(seconds))\n")
  }

  private func put(_ text: String) {
    if !isQuiet { Console.progress(text) }
  }
}

/// The table that a grid prints at its end. Each row is a group of cells that differ only in their seed; a star marks
/// the best learning rate of each task and optimizer.
enum GridTable {
  static func text(_ grid: Grid) -> String {
    let summary = grid.summary
    let winners = Set(summary.winners.map(key))
    let hasVariants = summary.groups.contains { !$0.variant.isEmpty }
    var header = ["", "task", "optimizer", "rate"] + (hasVariants ? ["variant"] : [])
    header += ["metric", "mean", "sd", "seeds", "seconds", "state", "peak"]
    let rows = summary.groups.map { group -> [String] in
      var row = [winners.contains(key(group)) ? "*" : "", group.task, group.optimizer]
      row.append(group.learningRate.map { "\($0)" } ?? "")
      if hasVariants { row.append(group.variant) }
      var mean = TextTable.fixed(group.mean, 4)
      if group.collapsed > 0 { mean += " (\(group.collapsed) collapsed)" }
      if group.diverged > 0 { mean += " (\(group.diverged) diverged)" }
      row += [
        group.metric, mean, group.standardDeviation.map { TextTable.fixed($0, 4) } ?? "-",
        "\(group.seeds.count)/\(group.cellCount)", group.meanSeconds.map { TextTable.fixed($0, 1) } ?? "",
        group.stateBytes.map(TextTable.mebibytes) ?? "", group.peakBytes.map(TextTable.mebibytes) ?? "",
      ]
      return row
    }
    var lines: [String] = rows.isEmpty ? [] : [TextTable.text(header: header, rows: rows)]
    if !winners.isEmpty { lines.append("* best rate of its task and optimizer") }
    if summary.groups.contains(where: { $0.collapsed == $0.seeds.count }) {
      lines.append(
        "collapsed: every dev prediction is the same; where that is so for every seed, a rate is no candidate")
    }
    for status in [CellOutcome.Status.diverged, .failed] {
      let names = zip(grid.cells, grid.outcomes).filter { $0.1.status == status }.map(\.0.name)
      if !names.isEmpty { lines.append("\(status.rawValue): \(names.joined(separator: ", "))") }
    }
    if grid.outcomes.contains(where: { $0.source == "sample" }) {
      lines.append("scores on a bundled sample are not benchmark scores")
    }
    lines.append("output  \(grid.path)")
    return lines.joined(separator: "\n")
  }

  private static func key(_ group: GridGroup) -> String {
    "\(group.task) \(group.optimizer) \(group.learningRate ?? 0) \(group.variant)"
  }
}
