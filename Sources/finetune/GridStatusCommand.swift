import ArgumentParser
import Grid
import Support

struct GridStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "How far a grid is: the status of each cell, and the best so far.",
    discussion: """
      Example:
        finetune grid status GRID
      Reads the folder and writes nothing, also while the grid runs.
      """)

  @Argument(help: ArgumentHelp("The grid's folder, or its grid.json.", valueName: "dir")) var folder: String
  @Flag(help: "Print the status as JSON.") var json = false
  @ParentCommand var grid: GridCommand

  func run() throws {
    // The parser gives `grid` what both commands could take, wherever it stands.
    let isJSON = try grid.isJSONAlone()
    let status = try GridStatus(folder)
    try Console.output(isJSON || json ? status.json.serialized() : PathText.bytes(text(status) + "\n"))
  }

  private func text(_ status: GridStatus) -> String {
    let counts = GridStatus.State.allCases.map { ($0.rawValue, status.count($0)) }.filter { $0.1 > 0 }
    var lines = [
      "\(status.path): \(status.isRunning ? "running" : "not running"), \(Plural.count(status.cells.count, "cell")): "
        + counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    ]
    let rows = status.cells.map { cell -> [String] in
      let score = cell.score.map { "\(cell.metric ?? "") \(TextTable.fixed($0, 4))" }
      let progress = cell.step.map { "step \($0)" + (cell.totalSteps.map { "/\($0)" } ?? "") }
      return [cell.name, cell.state.rawValue, score ?? progress ?? "", cell.seconds.map(TextTable.clock) ?? ""]
    }
    if !rows.isEmpty { lines.append(TextTable.text(header: ["cell", "status", "", "time"], rows: rows)) }
    for cell in status.cells where cell.state != .completed {
      if let reason = cell.reason { lines.append("\(cell.name) \(cell.state.rawValue): \(reason)") }
    }
    for winner in status.winners {
      guard let task = winner["task"]?.string, let optimizer = winner["optimizer"]?.string,
        let mean = winner["mean"]?.double
      else { continue }
      let rate = winner["learning_rate"]?.double.map { " at \($0)" } ?? ""
      lines.append(
        "best so far: \(task) \(optimizer)\(rate), \(winner["metric"]?.string ?? "") \(TextTable.fixed(mean, 4))")
    }
    if status.cells.contains(where: { $0.secondsLeft != 0 }) {
      lines.append("time left: \(status.secondsLeft.map { "about \(TextTable.clock($0))" } ?? "unknown")")
    }
    return lines.joined(separator: "\n")
  }
}
