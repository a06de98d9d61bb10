import Foundation
import Grid
import Results
import Support
import Training

/// Shows a run's progress on standard error. A terminal gets one line that is rewritten in place; a file or a pipe gets
/// a new line at most every five seconds.
final class ProgressDisplay: RunObserver {
  private let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = ContinuousClock.now
  private var lastShown: ContinuousClock.Instant?
  private var hasOpenLine = false
  private var (seconds, tokens) = (0.0, 0)
  private var (scored, scoringStart) = ("", ContinuousClock.now)
  /// Where the grid that started this run reads its evaluations; `nil` for a run of its own.
  var evaluations: EvaluationLog?

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  /// Notes say what a score is worth, so that they are shown even where progress is not.
  func note(_ text: String) {
    endLine()
    Console.note("note: \(text)")
  }

  func parameters(_ rows: [ParameterRow]) {
    write(
      TextTable.text(
        header: ["role", "tensors", "parameters", "frozen", "decayed", "projected"],
        rows: rows.map {
          [$0.role] + [$0.tensors, $0.parameters, $0.frozen, $0.decayed, $0.projected].map(String.init)
        }))
  }

  func step(_ record: StepRecord, of total: Int) {
    evaluations?.begin(totalSteps: total)
    seconds += record.seconds
    tokens += record.tokens
    show(isLast: record.step == total) {
      "step \(record.step)/\(total)  loss \(TextTable.fixed(record.loss, 4))  "
        + "\(TextTable.fixed(Double(tokens) / max(seconds, 1e-9), 0)) tokens/s  "
        + left(record.step, of: total, since: start)
    }
  }

  func scoring(_ split: String, done: Int, of total: Int) {
    if scored != split { (scored, scoringStart) = (split, ContinuousClock.now) }
    // A short split is not worth a line in a log.
    guard isTerminal || (ContinuousClock.now - scoringStart).seconds > 5 else { return }
    show(isLast: false) {
      "scoring \(split)  \(100 * done / max(total, 1)) %  " + left(done, of: total, since: scoringStart)
    }
    // The scores follow, so that the line has had its use.
    guard done == total, hasOpenLine else { return }
    put("\r\u{1B}[K")
    hasOpenLine = false
  }

  func evaluation(_ record: EvaluationRecord, isBest: Bool) {
    evaluations?.append(record)
    let scores = record.metrics.map { "\($0.name) \(TextTable.fixed($0.value, 4))" }.joined(separator: "  ")
    write("dev after step \(record.step): \(scores)\(isBest ? "  (best)" : "")")
  }

  /// Ends the line that is being rewritten, so that the next text starts on a line of its own.
  func endLine() {
    if hasOpenLine { put("\n") }
    hasOpenLine = false
  }

  private func left(_ done: Int, of total: Int, since start: ContinuousClock.Instant) -> String {
    TextTable.clock((ContinuousClock.now - start).seconds / Double(max(done, 1)) * Double(total - done)) + " left"
  }

  /// Shows a line, unless the last one is too recent.
  private func show(isLast: Bool, _ line: () -> String) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
    if let lastShown, now - lastShown < interval, !isLast { return }
    lastShown = now
    if isTerminal {
      put("\r\u{1B}[K" + line())
      hasOpenLine = true
    } else {
      put(line() + "\n")
    }
  }

  private func write(_ text: String) {
    guard !isQuiet else { return }
    endLine()
    Console.note(text)
  }

  private func put(_ text: String) { Console.progress(text) }
}
