import Results

/// How the score depends on the learning rate: the chart, and the same as a table.
struct Sensitivity {
  let task: TaskReport
  let title: String
  let id: String
  /// The look of each arm, the same in every chart of the report.
  let looks: [String: Int]

  var plot: Plot {
    let metric = task.metric.replacing("_", with: " ")
    var plot = Plot(
      id: id, title: "\(title): \(metric) by learning rate", description: description,
      x: ChartAxis("learning rate", scale: .logarithmic), y: ChartAxis("dev \(metric)"))
    plot.caption =
      "Small marks: seeds; hollow: the model predicts one class only. Large marks: means, with their 95 % t-interval over seeds. "
      + "Ring: best rate. Crosses on the lower edge: diverged. Where rates are equal, optimizers stand side by side."
    let span = Double(max(1, task.arms.count - 1))
    for (index, arm) in task.arms.enumerated() {
      let look = looks[arm.name] ?? index
      let shift = (Double(index) - span / 2) * min(7, 26 / span)
      plot.legend.append((look, arm.name))
      func add(_ kind: Plot.Item.Kind, _ points: [(Double, Double)], _ title: String = "") {
        plot.items.append(
          Plot.Item(kind: kind, look: look, points: points.map { ($0.0, $0.1) }, title: title, shift: shift))
      }
      add(
        .line, arm.rates.compactMap { group in group.rate.flatMap { rate in group.statistics.map { (rate, $0.mean) } } }
      )
      for (place, group) in arm.rates.enumerated() {
        guard let rate = group.rate else { continue }
        let name = "\(arm.name) at \(Format.rate(rate))"
        for cell in group.scored {
          guard let score = cell.score else { continue }
          add(
            .dot(isHollow: cell.isCollapsed), [(rate, score)],
            "\(name), seed \(cell.seed): \(Format.score(score))\(cell.isCollapsed ? ", collapsed" : "")")
        }
        for cell in group.cells where cell.status == .diverged {
          add(.cross, [(rate, 0)], "\(name), seed \(cell.seed): diverged")
        }
        guard let statistics = group.statistics else { continue }
        if let width = statistics.halfWidth {
          add(.interval, [(rate, statistics.mean - width), (rate, statistics.mean + width)])
        }
        add(.mark, [(rate, statistics.mean)], "\(name): mean \(Format.score(statistics.mean)) of \(statistics.count)")
        if arm.best == place { add(.ring, [(rate, statistics.mean)]) }
      }
    }
    if let baseline = task.baseline { plot.rules.append((baseline, "most frequent answer")) }
    return plot
  }

  /// The chart in words.
  private var description: String {
    let parts = task.ranked.map { index -> String in
      let arm = task.arms[index]
      let rate = arm.bestGroup?.rate.map(Format.rate) ?? "the preset rate"
      return "\(arm.name) is best at \(rate) with \(Format.score(task.mean(index)))"
    }
    return (parts.isEmpty ? "No rate can win" : parts.joined(separator: "; "))
      + ". The table of rates below has every value."
  }

  var table: Table {
    var rows: [[Table.Entry]] = []
    for arm in task.arms {
      for (place, group) in arm.rates.enumerated() {
        let values = group.scored.compactMap(\.score)
        rows.append([
          Table.Entry(arm.name), .number(group.rate, Format.rate),
          Table.Entry(
            (MainTable.score(group) ?? "–") + (arm.best == place ? " (best)" : ""), key: group.statistics?.mean,
            isStrong: arm.best == place),
          .number(group.statistics?.standardDeviation, Format.score), .number(values.min(), Format.score),
          .number(values.max(), Format.score),
          Table.Entry("\(group.scored.count) of \(group.cells.count)", key: Double(group.scored.count)),
          Table.Entry("\(group.count(.diverged))", key: Double(group.count(.diverged))),
          Table.Entry("\(group.collapsed)", key: Double(group.collapsed)),
        ])
      }
    }
    return Table(
      id: id + "-table", caption: "Every rate; ± as in the table above",
      columns: [
        .init("optimizer"), .init("rate", isNumber: true), .init("score", isNumber: true), .init("sd", isNumber: true),
        .init("lowest", isNumber: true), .init("highest", isNumber: true), .init("seeds", isNumber: true),
        .init("diverged", isNumber: true), .init("collapsed", isNumber: true),
      ], rows: rows, isSortable: true)
  }

  /// The width of each arm's window as a sentence.
  var windows: [String] {
    task.arms.compactMap { arm in
      guard let window = arm.window else { return nil }
      var text =
        // The ends lie on straight lines between rates; more digits would say nothing.
        "\(arm.name): within one standard error of its best from \(Format.rate(window.low, digits: 3)) to "
        + "\(Format.rate(window.high, digits: 3)), "
      text += "\(MainTable.text(window))"
      if window.isOpenBelow || window.isOpenAbove {
        let ends = (window.isOpenBelow ? ["below"] : []) + (window.isOpenAbove ? ["above"] : [])
        text += "; the rates tried end first \(ends.joined(separator: " and "))"
      }
      return text
    }
  }
}
