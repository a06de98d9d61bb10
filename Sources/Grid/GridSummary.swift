import Foundation
import Support

/// The cells that differ only in the seed, with their mean score.
package struct GridGroup: Sendable {
  package let task: String
  package let optimizer: String
  package let learningRate: Double?
  /// What the cells share, see ``GridCell/arm``.
  let arm: String
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
  /// How many cells a ``StopRule`` cut.
  package let cut: Int
  /// The end of the rates tried at which this one lies; `nil` inside, and where there is one rate only.
  package let edge: RateExtension.Edge?
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

  /// A text that no other group has.
  package var key: String { "\(task)\n\(optimizer)\n\(learningRate ?? 0)\n\(variant)" }

  var json: JSON {
    .object(
      JSONObject([
        "task": .text(task), "optimizer": .text(optimizer), "learning_rate": learningRate.map(JSON.real) ?? .null,
        "variant": .text(variant), "metric": .text(metric), "mean": .real(mean),
        "standard_deviation": standardDeviation.map(JSON.real) ?? .null, "seeds": .array(seeds.map(JSON.number)),
        "cells": .integer(cellCount), "diverged": .integer(diverged), "collapsed": .integer(collapsed),
        "cut": .integer(cut), "edge": edge.map { .text($0.rawValue) } ?? .null,
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

  /// How the winners are chosen, in words.
  package static let rule =
    "for each task and optimizer, the setting with the best mean of the primary metric on dev over its completed seeds, "
    + "the first of equals; a setting cannot win where every model predicts one class, and one with a diverged or "
    + "cut seed wins only where every other candidate has one too"

  init(_ entries: [(cell: GridCell, outcome: CellOutcome)]) {
    var order: [String] = []
    var members: [String: [(cell: GridCell, outcome: CellOutcome)]] = [:]
    for entry in entries {
      let key = GridSummary.groupKey(entry.cell)
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(entry)
    }
    let cells = entries.map(\.cell)
    let arms = Dictionary(grouping: cells, by: \.arm)
    groups = order.compactMap { key in
      let entries = members[key] ?? []
      return GridSummary.group(entries, arm: entries.first.flatMap { arms[$0.cell.arm] } ?? [])
    }
    var winners: [GridGroup] = []
    for group in groups where !winners.contains(where: { $0.task == group.task && $0.optimizer == group.optimizer }) {
      let rivals = groups.filter { $0.task == group.task && $0.optimizer == group.optimizer }
      // The rule above. A cut seed is no part of the mean, which is then one of the better seeds alone.
      let learned = rivals.filter { $0.collapsed < $0.seeds.count }
      let safe = learned.filter { $0.diverged == 0 && $0.cut == 0 }
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

  /// - Parameter arm: all cells of the arm.
  private static func group(_ members: [(cell: GridCell, outcome: CellOutcome)], arm: [GridCell]) -> GridGroup? {
    let done = members.filter { $0.outcome.status == .completed && $0.outcome.primary != nil }
    guard let first = done.first, let scores = SampleStatistics(done.compactMap(\.outcome.primary)) else { return nil }
    let seconds = done.compactMap(\.outcome.trainSeconds)
    return GridGroup(
      task: first.cell.task, optimizer: first.cell.optimizer, learningRate: first.outcome.learningRate,
      arm: first.cell.arm, variant: first.cell.variant, metric: first.outcome.primaryMetric ?? "",
      isHigherBetter: first.outcome.isHigherBetter,
      seeds: done.map(\.cell.seed), cellCount: members.count,
      diverged: members.count { $0.outcome.status == .diverged }, collapsed: done.count { $0.outcome.collapsed },
      cut: members.count { $0.outcome.status == .cut },
      edge: RateExtension.edge(of: first.cell.setting("learning_rate").flatMap(Double.init), in: arm),
      mean: scores.mean, standardDeviation: scores.standardDeviation,
      meanSeconds: seconds.isEmpty ? nil : seconds.reduce(0, +) / Double(seconds.count),
      stateBytes: done.compactMap(\.outcome.stateBytes).max(), peakBytes: done.compactMap(\.outcome.peakBytes).max(),
      isSample: done.contains { $0.outcome.source == "sample" })
  }
}
