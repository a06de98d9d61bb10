import Foundation
import Support

/// The cells that differ only in the seed, with their mean score.
package struct GridGroup: Sendable {
  package let task: String
  package let optimizer: String
  package let learningRate: Double?
  /// The other varying settings, e.g. `rank=8`; empty when only task, optimizer, learning rate and seed vary.
  package let variant: String
  /// Name of the task's primary metric.
  package let metric: String
  package let isHigherBetter: Bool
  /// Seeds of the completed cells.
  package let seeds: [String]
  /// Cells of the group, completed or not.
  package let cellCount: Int
  /// How many cells diverged.
  package let diverged: Int
  /// How many completed cells have a model that predicts a single class.
  package let collapsed: Int
  /// Mean of the primary metric over the completed cells.
  package let mean: Double
  /// Sample standard deviation of the primary metric over the completed cells; `nil` for one cell.
  package let standardDeviation: Double?
  /// Mean training time of the completed cells, in seconds.
  package let meanSeconds: Double?
  /// Largest optimizer state of the completed cells, in bytes.
  package let stateBytes: Int?
  /// Largest peak resident memory of the completed cells, in bytes.
  package let peakBytes: Int?
  /// Whether any score is from a bundled sample.
  package let isSample: Bool

  var json: JSON {
    .object(
      JSONObject([
        "task": .text(task), "optimizer": .text(optimizer), "learning_rate": learningRate.map(JSON.real) ?? .null,
        "variant": .text(variant), "metric": .text(metric), "mean": .real(mean),
        "standard_deviation": standardDeviation.map(JSON.real) ?? .null, "seeds": .array(seeds.map(JSON.number)),
        "cells": .integer(cellCount), "diverged": .integer(diverged), "collapsed": .integer(collapsed),
        "train_seconds": meanSeconds.map(JSON.real) ?? .null,
        "optimizer_state_bytes": stateBytes.map(JSON.integer) ?? .null,
        "peak_rss_bytes": peakBytes.map(JSON.integer) ?? .null,
      ]))
  }
}

/// The results of a grid: every group, and the best group of each task and optimizer.
package struct GridSummary: Sendable {
  package let groups: [GridGroup]
  package let winners: [GridGroup]

  init(_ entries: [(cell: GridCell, outcome: CellOutcome)]) {
    var order: [String] = []
    var members: [String: [(cell: GridCell, outcome: CellOutcome)]] = [:]
    for entry in entries {
      let key = GridSummary.groupKey(entry.cell)
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(entry)
    }
    groups = order.compactMap { GridSummary.group(members[$0] ?? []) }
    var winners: [GridGroup] = []
    for group in groups where !winners.contains(where: { $0.task == group.task && $0.optimizer == group.optimizer }) {
      let rivals = groups.filter { $0.task == group.task && $0.optimizer == group.optimizer }
      // A group in which every model predicts a single class cannot win. A group with a diverged seed wins only where
      // all groups that can win have one. Of equal groups, the first wins.
      let learned = rivals.filter { $0.collapsed < $0.seeds.count }
      let safe = learned.filter { $0.diverged == 0 }
      let best = (safe.isEmpty ? learned : safe).reduce(nil as GridGroup?) { best, next in
        guard let best else { return next }
        return (next.isHigherBetter ? next.mean > best.mean : next.mean < best.mean) ? next : best
      }
      if let best { winners.append(best) }
    }
    self.winners = winners
  }

  private static func groupKey(_ cell: GridCell) -> String {
    (cell.settings.filter { $0.key != "seed" }.map { $0.key + "=" + $0.text }.sorted()
      + cell.options.map { "-O " + $0.key + "=" + $0.value }.sorted()).joined(separator: "\n")
  }

  private static func group(_ members: [(cell: GridCell, outcome: CellOutcome)]) -> GridGroup? {
    let done = members.filter { $0.outcome.status == .completed && $0.outcome.primary != nil }
    guard let first = done.first, let scores = SampleStatistics(done.compactMap(\.outcome.primary)) else { return nil }
    let seconds = done.compactMap(\.outcome.trainSeconds)
    let variant = first.cell.varying.compactMap { key -> String? in
      guard !["task", "optimizer", "learning_rate", "seed"].contains(key) else { return nil }
      if key.hasPrefix(GridAxes.optionPrefix) {
        let option = String(key.dropFirst(GridAxes.optionPrefix.count))
        return first.cell.options.first { $0.key == option }.map { "\(option)=\($0.value)" }
      }
      return first.cell.setting(key).map { "\(key)=\($0)" }
    }
    return GridGroup(
      task: first.cell.task, optimizer: first.cell.optimizer, learningRate: first.outcome.learningRate,
      variant: variant.joined(separator: " "), metric: first.outcome.primaryMetric ?? "",
      isHigherBetter: first.outcome.isHigherBetter,
      seeds: done.map(\.cell.seed), cellCount: members.count,
      diverged: members.count { $0.outcome.status == .diverged }, collapsed: done.count { $0.outcome.collapsed },
      mean: scores.mean, standardDeviation: scores.standardDeviation,
      meanSeconds: seconds.isEmpty ? nil : seconds.reduce(0, +) / Double(seconds.count),
      stateBytes: done.compactMap(\.outcome.stateBytes).max(), peakBytes: done.compactMap(\.outcome.peakBytes).max(),
      isSample: done.contains { $0.outcome.source == "sample" })
  }
}
