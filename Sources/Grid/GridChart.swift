import Results

/// `grid.svg`, with one chart for each task: the mean dev score against the learning rate, one line for each optimizer
/// and variant.
extension GridSummary {
  /// The chart as SVG text.
  package var svg: String {
    var tasks: [String] = []
    for group in groups where !tasks.contains(group.task) { tasks.append(group.task) }
    return LineChart.page(tasks.map { task in chart(task, groups.filter { $0.task == task }) })
  }

  private func chart(_ task: String, _ groups: [GridGroup]) -> LineChart {
    var names: [String] = []
    for name in groups.map(\.curve) where !names.contains(name) { names.append(name) }
    let series = names.map { name in
      LineChart.Series(
        name,
        groups.filter { $0.curve == name }.compactMap { group in group.learningRate.map { ($0, group.mean) } }
          .sorted { $0.0 < $1.0 })
    }
    let seeds = groups.map(\.seeds.count).max() ?? 0
    let data = groups.contains(where: \.isSample) ? "bundled sample, not a benchmark" : "dev set"
    return LineChart(
      "\(task): score by learning rate",
      subtitle: "\(data); " + (seeds == 1 ? "one seed" : "means over up to \(seeds) seeds"),
      x: ChartAxis("learning rate", scale: .logarithmic),
      y: ChartAxis((groups.first?.metric ?? "").replacing("_", with: " ")), series: series, height: 300)
  }
}

extension GridGroup {
  /// The name of the chart's line that holds the group; groups of a line differ only in the learning rate.
  fileprivate var curve: String { variant.isEmpty ? optimizer : "\(optimizer) \(variant)" }
}
