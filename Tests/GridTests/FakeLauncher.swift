import Foundation
import Grid
import Results
import Support
import Testing

/// Writes the results that a run would write, with scores chosen by the test.
struct FakeLauncher: CellLauncher {
  /// What was started, and how many cells ran at most at a time.
  final class Log {
    var started: [String] = []
    var arguments: [[String]] = []
    var running = 0
    var most = 0
  }

  var isHigherBetter = true
  /// Cells that diverge after they were scored, and cells that fail.
  var diverging: Set<String> = []
  var failing: Set<String> = []
  /// Exit statuses of a cell's first attempts, which write nothing.
  var crashes: [String: [Int32]] = [:]
  /// How often a cell is asked for its status before it has ended.
  var polls = 0
  /// Steps and scores of a cell's evaluations; its last is the run's last step.
  var history: (@Sendable (String) -> [(step: Int, score: Double)])?
  let log = Log()
  /// Score of a cell by its folder's name; `nil` diverges.
  let score: @Sendable (String) -> Double?

  func start(_ arguments: [String], log path: String, evaluations: String) throws -> any RunningCell {
    func value(_ flag: String) -> String { arguments.firstIndex(of: flag).map { arguments[$0 + 1] } ?? "0" }
    let output = value("--output")
    let name = URL(fileURLWithPath: output).lastPathComponent
    let earlier = log.started.count { $0 == name }
    log.started.append(name)
    log.arguments.append(arguments)
    if let codes = crashes[name], earlier < codes.count { return FakeCell(codes[earlier], polls, log) {} }
    let status: Int32 = failing.contains(name) ? 70 : score(name) == nil || diverging.contains(name) ? 76 : 0
    let rate = value("--learning-rate")
    return FakeCell(status, polls, log) { try write(name, output, rate: rate) }
  }

  private func write(_ name: String, _ output: String, rate: String) throws {
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    let result = score(name)
    var record = RunRecord()
    (record.status, record.collapsed) = (result == nil ? .diverged : .completed, result == 0)
    record.task = .object(
      JSONObject(["primary_metric": .text("matthews_correlation"), "higher_is_better": .bool(isHigherBetter)]))
    record.optimizer = .object(JSONObject(["learning_rate": .number(rate)]))
    record.history = (history?(name) ?? []).map {
      EvaluationRecord(epoch: 1, step: $0.step, metrics: [("matthews_correlation", $0.score)])
    }
    if diverging.contains(name) { record.status = .diverged }
    if failing.contains(name) { record.status = .failed }
    if let result { record.metrics = [("dev", [("matthews_correlation", result)])] }
    try Files.writeAtomically(output + "/results.json", record.json.serialized())
  }
}

private final class FakeCell: RunningCell {
  private let status: Int32
  private var polls: Int
  private let log: FakeLauncher.Log
  private let atEnd: () throws -> Void

  init(_ status: Int32, _ polls: Int, _ log: FakeLauncher.Log, atEnd: @escaping () throws -> Void) {
    (self.status, self.polls, self.log, self.atEnd) = (status, polls, log, atEnd)
    log.running += 1
    log.most = max(log.most, log.running)
  }

  func exitStatus() -> Int32? {
    guard polls == 0 else {
      polls -= 1
      return nil
    }
    log.running -= 1
    do { try atEnd() } catch { Issue.record(error) }
    return status
  }

  func stop() { polls = 0 }
  var residentBytes: Int? { nil }
}

final class Silence: GridObserver {
  private(set) var notes: [String] = []
  private(set) var ended: [String] = []
  func note(_ text: String) { notes.append(text) }
  func started(_ cell: GridCell, number: Int, of total: Int) {}
  func ended(_ cell: GridCell, _ outcome: CellOutcome, seconds: Double) { ended.append(cell.name) }
}
