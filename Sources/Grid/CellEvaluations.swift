import Foundation
import Results
import Support

/// The evaluations of one cell, which its process writes as they come, so that the grid can judge it before its end.
///
/// The file `logs/CELL.evaluations.jsonl` has one line that says what is measured, and then one for each evaluation:
///
///     {"total_steps":12,"primary_metric":"matthews_correlation","higher_is_better":true}
///     {"step":4,"epoch":1,"metrics":{"matthews_correlation":0.21,"accuracy":0.7}}
package struct CellEvaluations: Equatable {
  package struct Entry: Equatable {
    let step: Int
    /// The primary metric of the first dev split.
    let score: Double

    package init(step: Int, score: Double) { (self.step, self.score) = (step, score) }
  }

  /// In the order of the steps, each step once.
  package var entries: [Entry] = []
  /// Number of steps of the run; `nil` before its first step.
  package var totalSteps: Int?
  package var isHigherBetter = true

  package init() {}

  /// Reads the evaluations of a cell that runs, or that ended without a record. A file that is missing has none; half a
  /// line at the end, which the cell is about to finish, is left out.
  package init(file path: String) {
    guard let bytes = try? Files.read(path, limit: 1 << 26) else { return }
    var metric: String?
    var scores: [Int: Double] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let json = try? JSON.parse(Array(line)) else { continue }
      if let total = json["total_steps"]?.integer, total > 0 {
        totalSteps = total
        metric = json["primary_metric"]?.string ?? metric
        isHigherBetter = json["higher_is_better"]?.bool ?? isHigherBetter
      } else if let step = json["step"]?.integer, let metric, let score = json["metrics"]?[metric]?.double {
        scores[step] = score
      }
    }
    entries = scores.sorted { $0.key < $1.key }.map { Entry(step: $0.key, score: $0.value) }
  }

  /// The evaluations in the record of a cell that has ended.
  init(_ record: RunRecord) {
    let metric = record.primaryMetric
    isHigherBetter = record.isHigherBetter
    entries = record.history.compactMap { evaluation in
      evaluation.metrics.first { $0.name == metric && $0.value.isFinite }.map {
        Entry(step: evaluation.step, score: $0.value)
      }
    }
    // A completed run's last evaluation follows its last step.
    totalSteps = record.status == .completed ? record.history.last?.step : nil
  }

  /// The better of two scores.
  func better(_ left: Double, _ right: Double) -> Double { isHigherBetter ? max(left, right) : min(left, right) }

  /// The best score up to a step; `nil` before the first evaluation.
  func best(upTo step: Int) -> Double? {
    entries.prefix { $0.step <= step }.map(\.score).reduce(nil) { best, next in best.map { better($0, next) } ?? next }
  }
}

/// Writes the evaluations of this process for the grid that started it.
package final class EvaluationLog {
  private let path: String
  private let header: JSONObject
  private var hasHeader = false

  /// - Parameter record: the record of the run at its start.
  /// - Returns: `nil` where this process is no cell of a grid.
  package init?(_ record: RunRecord) {
    guard let path = ProgramArguments.variable(ProcessLauncher.evaluationsKey) else { return nil }
    self.path = path
    header = JSONObject([
      "primary_metric": record.primaryMetric.map(JSON.text) ?? .null, "higher_is_better": .bool(record.isHigherBetter),
    ])
  }

  package func append(_ evaluation: EvaluationRecord) {
    append(
      JSONObject([
        "step": .integer(evaluation.step), "epoch": .real(evaluation.epoch),
        "metrics": RunRecord.json(evaluation.metrics),
      ]))
  }

  /// Says how many steps the run takes, once.
  package func begin(totalSteps: Int) {
    guard !hasHeader else { return }
    hasHeader = true
    var object = header
    object["total_steps"] = .integer(totalSteps)
    append(object)
  }

  /// Adds a line. A failure is ignored, since the run's own files are what counts; the cell is then not judged early.
  private func append(_ object: JSONObject) {
    try? Files.append(JSON.object(object).serialized(compact: true) + [UInt8(ascii: "\n")], to: path)
  }
}
