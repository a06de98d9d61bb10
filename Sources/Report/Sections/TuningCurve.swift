import Results

/// What score to expect after trying so many rates.
struct TuningCurve {
  let task: TaskReport
  let title: String
  let id: String
  let looks: [String: Int]

  /// For each arm with several rates the expected best score after 1, 2, … of them.
  var curves: [(name: String, values: [Double])] {
    let sign: Double = task.isHigherBetter ? 1 : -1
    let all = task.arms.flatMap(\.rates).compactMap { $0.statistics.map { sign * $0.mean } }
    guard let worst = all.min() else { return [] }
    return task.arms.compactMap { arm in
      // A rate that has not run yet says nothing; one whose every run failed counts with the worst score of the task.
      let tried = arm.rates.filter { $0.statistics != nil || $0.count(.diverged, .failed) > 0 }
      guard tried.count > 1, tried.contains(where: { $0.statistics != nil }) else { return nil }
      return (
        arm.name, Tuning.expectedBest(tried.map { $0.statistics.map { sign * $0.mean } ?? worst }).map { sign * $0 }
      )
    }
  }

  var blocks: [Block] {
    let curves = curves
    guard !curves.isEmpty else { return [.text("No optimizer was tried with several rates.")] }
    let metric = task.metric.replacing("_", with: " ")
    var plot = Plot(
      id: id + "-tuning", title: "\(title): expected best \(metric) by number of rates tried",
      description: "The table below has every value.", x: ChartAxis("rates tried", including: [1]),
      y: ChartAxis("expected best dev \(metric)"))
    plot.caption =
      "Dodge et al. 2019: the expected best of so many rates drawn at random, with replacement, from those of this report; a rate "
      + "counts with its mean over seeds, one that only diverged with the worst mean of the task. It depends on which rates were tried."
    for (index, curve) in curves.enumerated() {
      let look = looks[curve.name] ?? index
      let points = curve.values.enumerated().map { (x: Double($0.offset + 1), y: $0.element) }
      plot.items.append(Plot.Item(kind: .line, look: look, points: points))
      for point in points {
        plot.items.append(
          Plot.Item(
            kind: .mark, look: look, points: [point],
            title: "\(curve.name), \(Int(point.x)) tried: \(Format.score(point.y))"))
      }
      plot.legend.append((look, curve.name))
    }
    let most = curves.map(\.values.count).max() ?? 0
    let table = Table(
      id: id + "-tuning-table", caption: "Expected best \(metric) by number of rates tried",
      columns: [.init("optimizer")] + (1...max(1, most)).map { .init("\($0)", isNumber: true) },
      rows: curves.map { curve in
        [Table.Entry(curve.name)]
          + (0..<most).map { .number(curve.values.indices.contains($0) ? curve.values[$0] : nil, Format.score) }
      }, isSortable: true)
    return [.figure(plot), .details("Table of expected scores", [.table(table)])]
  }
}
