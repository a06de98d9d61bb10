import Foundation
import Results
import Support

/// The status of a cell and, after its end, the values from its `results.json`.
package struct CellOutcome: Sendable, Equatable {
  package enum Status: String, Sendable {
    /// The cell has not begun, or begins afresh.
    case pending
    case running
    case completed
    /// The cell was begun and has no end, because the grid was stopped or killed; it goes on when the grid is started
    /// again.
    case interrupted
    case diverged
    case failed
    /// A ``StopRule`` cut the cell before its end.
    case cut

    /// The status that a word of `grid.json` means; version 1 said `stopped` of what was cut.
    init?(word: String) { self.init(rawValue: word == "stopped" ? "cut" : word) }

    /// Whether running the cell again is pointless.
    package var isFinal: Bool { self == .completed || self == .diverged || self == .cut }
  }

  package var status = Status.pending
  /// Why an ended cell did not complete; `nil` otherwise.
  package var reason: String?
  /// The learning rate used, including one from a preset.
  package var learningRate: Double?
  package var primaryMetric: String?
  package var isHigherBetter = true
  /// Finite dev metrics of the saved model, by name.
  package var metrics: [(name: String, value: Double)] = []
  /// Whether the model predicts a single class.
  package var collapsed = false
  /// `files` for the user's data, or `sample` for bundled examples.
  package var source: String?
  package var trainSeconds: Double?
  package var tokensPerSecond: Double?
  /// Bytes of optimizer state.
  package var stateBytes: Int?
  /// Peak resident memory of the process, in bytes.
  package var peakBytes: Int?
  /// Wall-clock time of the cell's last attempt, from the start of its process to its end.
  package var seconds: Double?
  /// How often the cell was started.
  package var attempts = 0
  /// Why the cell was cut; `nil` for any other status than `cut`.
  package internal(set) var cut: StopRule.Cut?

  package init() {}

  /// The record of the cell in `folder`; `nil` where the cell has not ended.
  ///
  /// - Throws: ``GridError/badFile(path:reason:)`` for an unreadable record.
  static func record(in folder: String) throws -> RunRecord? {
    let path = folder + "/results.json"
    guard Files.exists(path) else { return nil }
    do { return try RunRecord(JSON.parse(Files.read(path, limit: 1 << 26))) } catch {
      let what = (error as? RecordFault).map(\.message) ?? "\(error)"
      throw GridError.badFile(
        path: path,
        reason: "cannot be read as a run's record: \(what); was it made by a newer program, or damaged? Move "
          + "the folder away to run the cell again")
    }
  }

  /// Reads the outcome of the cell in `folder`; the status is pending where the cell has not ended.
  ///
  /// - Throws: ``GridError/badFile(path:reason:)`` for an unreadable record, since running the cell again would destroy
  ///   it.
  init(folder: String) throws {
    guard let record = try CellOutcome.record(in: folder) else { return }
    status = Status(rawValue: record.status.rawValue) ?? .pending
    (reason, collapsed, source) = (record.reason, record.collapsed, record.source)
    (learningRate, primaryMetric, isHigherBetter) = (record.learningRate, record.primaryMetric, record.isHigherBetter)
    metrics = record.devMetrics.filter { $0.value.isFinite }
    (trainSeconds, tokensPerSecond) = (record.throughput.trainSeconds, record.throughput.tokensPerSecond)
    (stateBytes, peakBytes) = (record.bytes("optimizer_state_bytes"), record.bytes("peak_rss_bytes"))
  }

  /// The outcome of the same cell after it was cut. How far the run went after that is chance, so its scores do not count.
  func cut(by cut: StopRule.Cut) -> CellOutcome {
    var outcome = self
    (outcome.status, outcome.cut, outcome.reason) = (.cut, cut, cut.reason)
    (outcome.metrics, outcome.collapsed) = ([], false)
    return outcome
  }

  /// The value of the task's primary metric.
  package var primary: Double? { metrics.first { $0.name == primaryMetric }?.value }

  package static func == (left: CellOutcome, right: CellOutcome) -> Bool { left.json == right.json }

  var json: JSON {
    var object = JSONObject(["status": .text(status.rawValue)])
    object["reason"] = reason.map(JSON.text) ?? .null
    object["learning_rate"] = learningRate.map(JSON.real) ?? .null
    object["primary_metric"] = primaryMetric.map(JSON.text) ?? .null
    object["metrics"] = .object(JSONObject(metrics.map { .init(ByteString($0.name), .real($0.value)) }))
    object["collapsed"] = .bool(collapsed)
    object["source"] = source.map(JSON.text) ?? .null
    object["train_seconds"] = trainSeconds.map(JSON.real) ?? .null
    object["tokens_per_second"] = tokensPerSecond.map(JSON.real) ?? .null
    object["optimizer_state_bytes"] = stateBytes.map(JSON.integer) ?? .null
    object["peak_rss_bytes"] = peakBytes.map(JSON.integer) ?? .null
    object["seconds"] = seconds.map { .real(($0 * 1e3).rounded() / 1e3) } ?? .null
    object["attempts"] = .integer(attempts)
    if let cut { object["stop"] = cut.json }
    return .object(object)
  }
}

extension StopRule.Cut {
  var reason: String {
    let what = rule == .median ? "the median" : "the last of the better half"
    return "\(rule.rawValue): its best score \(AxisValues.short(score)) after step \(step) is worse than "
      + "\(AxisValues.short(bar)), \(what) of \(others) cells before it"
  }

  var json: JSON {
    .object(
      JSONObject([
        "rule": .text(rule.rawValue), "step": .integer(step), "score": .real(score), "bar": .real(bar),
        "others": .integer(others),
      ]))
  }

  /// Reads what ``json`` wrote; `nil` for anything else.
  init?(_ json: JSON) {
    guard let rule = json["rule"]?.string.flatMap(StopRule.init), let step = json["step"]?.integer,
      let score = json["score"]?.double, let bar = json["bar"]?.double, let others = json["others"]?.integer
    else { return nil }
    self.init(rule: rule, step: step, score: score, bar: bar, others: others)
  }
}
