import Grid
import Support

/// Shows a grid's progress on standard error: a line for the end of each cell and, on a terminal, a table below these
/// lines that is drawn again in place (``LiveTable``).
final class GridDisplay: GridObserver {
  private let isQuiet: Bool
  private let block: TerminalBlock?
  /// Without a terminal, the start of a cell is told too, on a line of its own where others run beside it.
  private let isConcurrent: Bool
  private var hasOpenLine = false

  init(isQuiet: Bool, jobs: Int) {
    (self.isQuiet, isConcurrent) = (isQuiet, jobs > 1)
    block = !isQuiet && TerminalBlock.isOnTerminal ? TerminalBlock(isTerminal: true) : nil
  }

  func note(_ text: String) {
    if let block { return block.note("note: \(text)") }
    put((hasOpenLine ? "\n" : "") + "note: \(text)\n")
    hasOpenLine = false
  }

  func started(_ cell: GridCell, number: Int, of total: Int) {
    guard block == nil else { return }
    put("[\(number)/\(total)] \(cell.name) …" + (isConcurrent ? "\n" : " "))
    hasOpenLine = !isConcurrent
  }

  func ended(_ cell: GridCell, _ outcome: CellOutcome, seconds: Double) {
    let score = outcome.primary.map { "\(outcome.primaryMetric ?? "") \(TextTable.fixed($0, 4))" }
    let text = outcome.status == .completed ? score : "\(outcome.status.rawValue): \(outcome.reason ?? "")"
    let line = "\(text ?? "no score")\(outcome.collapsed ? " (collapsed)" : "")  \(TextTable.clock(seconds))"
    if let block { return block.note("\(cell.name): \(line)") }
    put((hasOpenLine ? "" : "\(cell.name): ") + line + "\n")
    hasOpenLine = false
  }

  func progressed(_ progress: GridProgress) {
    guard let block else { return }
    let size = TerminalBlock.size
    block.show(LiveTable(progress).lines(width: size.columns, height: size.rows - 1))
  }

  /// Removes the table.
  func end() { block?.clear() }

  private func put(_ text: String) {
    if !isQuiet { Console.progress(text) }
  }
}

extension LiveTable {
  init(_ progress: GridProgress) {
    self.init()
    (total, ended, secondsLeft) = (progress.total, progress.ended, progress.secondsLeft)
    others = progress.others.map { ($0.status.rawValue, $0.count) }
    running = progress.running.map { cell in
      let step = cell.step.map { step in "step \(step)" + (cell.totalSteps.map { "/\($0)" } ?? "") }
      let loss = cell.loss.map { "loss \(TextTable.fixed($0, 4))" }
      return Running(
        name: cell.name, progress: [step, loss].compactMap { $0 }.joined(separator: "  "), seconds: cell.seconds)
    }
    best = progress.winners.map { winner in
      let rate = winner.learningRate.map { " \($0)" } ?? ""
      let variant = winner.variant.isEmpty ? "" : " " + winner.variant
      return Best(
        task: winner.task, setting: winner.optimizer + rate + variant, metric: winner.metric, value: winner.mean)
    }
  }
}
