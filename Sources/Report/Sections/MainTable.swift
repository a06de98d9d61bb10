import Support

/// The arms of a task, each at its best rate.
struct MainTable {
  let task: TaskReport
  let comparison: Comparison
  let id: String

  var blocks: [Block] {
    var notes: [String] = []
    if task.ranked.contains(where: { task.arms[$0].bestGroup?.uncertainty?.isOfExamples == true }) {
      notes.append(
        "SE: one seed only, so what follows ± is the standard error over the examples scored, which says nothing of other "
          + "seeds.")
    }
    if task.ranked.contains(where: { (task.arms[$0].bestGroup?.scored.count ?? 0) > 1 }) {
      notes.append("± is half the 95 % t-interval of the mean over n seeds.")
    }
    notes.append(
      "Bold: the best, and every arm that the tests do not tell from it (p ≥ 0.05 after Holm's correction over all pairs of the "
        + "task), or that no test could be made of.")
    notes.append(
      "The best rate is the one with the best mean; a rate at which every model collapsed cannot win, and one with a diverged or "
        + "cut seed only where all have one.")
    if task.ranked.contains(where: {
      (task.arms[$0].bestGroup?.timed?.cells.count ?? 0) < (task.arms[$0].bestGroup?.scored.count ?? 0)
    }) {
      notes.append(
        "Seconds and tokens/s are those of one machine and thread count each; others are left out, never pooled.")
    }
    if !task.unequal.isEmpty {
      notes.append("Beside their own options, cells of this task differ in: \(task.unequal.joined(separator: ", ")).")
    }
    return [.table(table), .list(notes)]
  }

  private static let columns: [Table.Column] = [
    .init("optimizer"), .init("best rate", isNumber: true), .init("score", isNumber: true), .init("n", isNumber: true),
    .init("beside the best"), .init("state MiB", isNumber: true), .init("peak MiB", isNumber: true),
    .init("tokens/s", isNumber: true), .init("s to best", isNumber: true), .init("rate window", isNumber: true),
    .init("cells without a score, collapsed"), .init("warning"),
  ]

  var table: Table {
    let ranked = task.ranked
    var rows = ranked.map { row($0, best: ranked.first) }
    rows += task.arms.indices.filter { !ranked.contains($0) }.map { row($0, best: nil) }
    if let baseline = task.baseline {
      rows.append(
        ["most frequent answer", "–", Table.Entry(Format.score(baseline), key: baseline)]
          + [Table.Entry](repeating: "–", count: MainTable.columns.count - 3))
    }
    return Table(
      id: id,
      caption:
        "\(task.metric.replacing("_", with: " ")) on the dev set, \(task.isHigherBetter ? "higher" : "lower") is better; "
        + "each optimizer at its best rate, chosen on the same dev set",
      columns: MainTable.columns, rows: rows, isSortable: true)
  }

  /// A score with its uncertainty, e.g. `0.4321 ± 0.0120`.
  static func score(_ group: RateGroup?) -> String? {
    guard let group, let mean = group.statistics?.mean else { return nil }
    guard let error = group.uncertainty else { return Format.score(mean) }
    return "\(Format.score(mean)) ± \(Format.score(error.halfWidth))" + (error.isOfExamples ? " (SE)" : "")
  }

  private func row(_ index: Int, best: Int?) -> [Table.Entry] {
    let arm = task.arms[index]
    let group = arm.bestGroup
    var (beside, isBest) = ("no rate can win", false)
    if let best {
      isBest = index == best
      let p = comparison.pair(index, best)?.deciding.map {
        " (p \(Format.p($0).hasPrefix("<") ? "" : "= ")\(Format.p($0)))"
      }
      switch isBest ? .tie : comparison.verdict(index, best) {
      case .tie: beside = isBest ? "best" : "not told apart" + (p ?? "")
      case .untested: beside = "no test possible"
      case .win, .loss: beside = "worse" + (p ?? "")
      }
    }
    let isStrong = best.map { isBest || comparison.verdict(index, $0) != .loss } ?? false
    let window = arm.window.map { window in
      Table.Entry(MainTable.text(window), key: window.decades)
    }
    let rate = group?.rate
    return [
      Table.Entry(arm.name, isStrong: isStrong), Table.Entry.number(rate, Format.rate),
      Table.Entry(MainTable.score(group) ?? "–", key: group?.statistics?.mean, isStrong: isStrong),
      Table.Entry(group.map { "\($0.scored.count)" } ?? "0", key: Double(group?.scored.count ?? 0)),
      Table.Entry(beside),
      .bytes(group?.scored.compactMap(\.stateBytes).max()), .bytes(group?.scored.compactMap(\.peakBytes).max()),
      .number(group?.meanOfTimed { $0.record?.throughput.tokensPerSecond }) { Format.fixed($0, 0) },
      .number(group?.meanOfTimed(\.secondsToBest), Format.seconds), window ?? "–", Table.Entry(MainTable.losses(arm)),
      Table.Entry(arm.edge ?? ""),
    ]
  }

  /// A window's width, e.g. `×3.2 (0.5 decades)`; `≥` where the axis ends first.
  static func text(_ window: Tuning.Window) -> String {
    let open = window.isOpenBelow || window.isOpenAbove ? "≥ " : ""
    return "\(open)×\(Format.fixed(window.factor, 1)) (\(Format.fixed(window.decades, 2)) decades)"
  }

  /// Counts over all rates of an arm of what did not end well, e.g. `1 diverged, 2 collapsed`.
  static func losses(_ arm: Arm) -> String {
    func total(_ value: (RateGroup) -> Int) -> Int { arm.rates.map(value).reduce(0, +) }
    let counts = [
      (total { $0.count(.diverged) }, "diverged"), (total { $0.count(.failed, .unreadable) }, "failed"),
      (total { $0.count(.cut) }, "cut"), (total { $0.count(.interrupted) }, "interrupted"),
      (total { $0.count(.running) }, "running"), (total { $0.count(.pending) }, "pending"),
      (total(\.collapsed), "collapsed"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return counts.isEmpty ? "none" : counts.joined(separator: ", ") + " of \(total { $0.cells.count })"
  }
}
