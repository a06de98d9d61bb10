import Results
import Support

/// What one run with several seeds came to: for each metric the values, their mean and how far they scatter.
///
/// The runs are the cells of a grid whose only axis is the seed. So they start again where they were stopped.
package struct SeedSummary: Sendable {
  /// A metric on one split, over the seeds whose run completed with a finite value of it.
  package struct Metric: Sendable {
    package let split: String
    package let name: String
    package let values: [(seed: String, value: Double)]
    package let statistics: SampleStatistics
  }

  package let metrics: [Metric]
  package let runs: [(seed: String, folder: String, outcome: CellOutcome)]
  private let command: [String]

  /// The file's name in the folder of the runs.
  package static let file = "seeds.json"

  /// Reads the record of each completed run.
  ///
  /// - Throws: ``GridError/badFile(path:reason:)`` for a record that cannot be read.
  package init(_ grid: Grid, command: [String]) throws {
    runs = zip(grid.cells, grid.outcomes).map { ($0.seed, $0.name, $1) }
    self.command = command
    var order: [(split: String, name: String)] = []
    var values: [String: [(seed: String, value: Double)]] = [:]
    func key(_ split: String, _ name: String) -> String { split + "\n" + name }
    for run in runs where run.outcome.status == .completed {
      for (split, metrics) in try CellOutcome.record(in: grid.path + "/" + run.folder)?.metrics ?? [] {
        for (name, value) in metrics where value.isFinite {
          if values[key(split, name)] == nil { order.append((split, name)) }
          values[key(split, name), default: []].append((run.seed, value))
        }
      }
    }
    metrics = order.compactMap { split, name in
      let found = values[key(split, name)] ?? []
      return SampleStatistics(found.map(\.value)).map {
        Metric(split: split, name: name, values: found, statistics: $0)
      }
    }
  }

  /// The content of `seeds.json`.
  package var json: JSON {
    var splits = JSONObject()
    for metric in metrics {
      var split = splits[metric.split]?.object ?? JSONObject()
      let statistics = metric.statistics
      split[metric.name] = .object(
        JSONObject([
          "n": .integer(statistics.count), "mean": .real(statistics.mean),
          "standard_deviation": statistics.standardDeviation.map(JSON.real) ?? .null,
          "standard_error": statistics.standardError.map(JSON.real) ?? .null,
          "values": .array(
            metric.values.map { .object(JSONObject(["seed": .number($0.seed), "value": .real($0.value)])) }),
        ]))
      splits[metric.split] = .object(split)
    }
    let entries = runs.map { run in
      JSON.object(
        JSONObject([
          "seed": .number(run.seed), "folder": .text(run.folder), "status": .text(run.outcome.status.rawValue),
          "reason": run.outcome.reason.map(JSON.text) ?? .null, "collapsed": .bool(run.outcome.collapsed),
        ]))
    }
    return .object(
      JSONObject([
        "schema_version": .integer(1), "metrics": .object(splits), "runs": .array(entries),
        "command": .array(command.map(JSON.text)),
      ]))
  }
}
