/// The state of a grid as a few lines for a terminal: how many cells are done, which run, the best so far, the time left.
///
/// It only makes lines; ``TerminalBlock`` puts them on a terminal.
///
///     [============            ] 12 of 24 done, 1 diverged, 2 running  4:10 left
///     running  cola-fira-lr0.001-seed1    step 120/804  loss 0.5123   0:41
///     running  cola-fira-lr0.001-seed2    step 80/804   loss 0.6011   0:27
///     best     cola  adamw  0.0003        matthews_correlation 0.2816
package struct LiveTable: Sendable {
  /// A cell that is running.
  package struct Running: Equatable, Sendable {
    package var name: String
    /// What it said last, e.g. `step 120/804  loss 0.5123`; empty before it says something.
    package var progress: String
    /// How long it has been running, in seconds.
    package var seconds: Double

    package init(name: String, progress: String = "", seconds: Double) {
      (self.name, self.progress, self.seconds) = (name, progress, seconds)
    }
  }

  /// The best result of a task so far.
  package struct Best: Equatable, Sendable {
    package var task: String
    /// What it was made with, e.g. `adamw 0.0003`.
    package var setting: String
    package var metric: String
    package var value: Double

    package init(task: String, setting: String, metric: String, value: Double) {
      (self.task, self.setting, self.metric, self.value) = (task, setting, metric, value)
    }
  }

  /// All cells, and those that have ended in whatever way.
  package var (total, ended) = (0, 0)
  /// Of those that ended: what did not complete, by how, e.g. `("diverged", 2)`.
  package var others: [(name: String, count: Int)] = []
  package var running: [Running] = []
  package var best: [Best] = []
  /// Estimated seconds until the last cell ends; `nil` before anything is known.
  package var secondsLeft: Double?

  package init() {}

  /// The lines, each at most `width` columns, and at most `height` of them.
  ///
  /// What does not fit is left out from the end, and the last line then says how many there would be.
  package func lines(width: Int, height: Int = 24) -> [String] {
    let names = running.map(\.name) + best.map { "\($0.task)  \($0.setting)" }
    // A long name must leave room for what is said of it.
    let column = min(names.map(LiveTable.columns).max() ?? 0, max(8, width / 2))
    var lines = [summary(width: width)]
    lines += running.map { cell in
      let progress = cell.progress.isEmpty ? "" : "  " + cell.progress
      return "running  \(LiveTable.padded(cell.name, column))\(progress)  \(TextTable.clock(cell.seconds))"
    }
    lines += best.map { best in
      "best     \(LiveTable.padded("\(best.task)  \(best.setting)", column))  \(best.metric) \(TextTable.fixed(best.value, 4))"
    }
    if lines.count > height, height > 1 {
      let left = lines.count - height + 1
      lines = lines.prefix(height - 1) + ["… \(left) more lines"]
    }
    return lines.prefix(max(1, height)).map { LiveTable.cut($0, to: width) }
  }

  /// The same in one line for a log, where nothing can be redrawn.
  package var line: String { summary(width: 0) }

  private func summary(width: Int) -> String {
    var parts = ["\(ended) of \(total) done"] + others.filter { $0.count > 0 }.map { "\($0.count) \($0.name)" }
    if !running.isEmpty { parts.append("\(running.count) running") }
    var text = parts.joined(separator: ", ")
    if let secondsLeft, ended < total { text += "  \(TextTable.clock(secondsLeft)) left" }
    // The bar takes what is left of a wide line, and is the first to go.
    let room = min(30, width - LiveTable.columns(text) - 3)
    guard room >= 8 else { return text }
    let full = total > 0 ? min(room, room * ended / total) : 0
    return "[" + String(repeating: "=", count: full) + String(repeating: " ", count: room - full) + "] " + text
  }

  private static func columns(_ text: String) -> Int { text.count }

  private static func padded(_ text: String, _ width: Int) -> String {
    let cut = cut(text, to: width)
    return cut + String(repeating: " ", count: max(0, width - columns(cut)))
  }

  /// The text, or as much of its beginning as fits before an ellipsis. Control characters, which could move the cursor, go.
  private static func cut(_ text: String, to width: Int) -> String {
    let safe = String(text.map { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } ? $0 : "?" })
    return columns(safe) <= width ? safe : String(safe.prefix(max(0, width - 1))) + "…"
  }
}
