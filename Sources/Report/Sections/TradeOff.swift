import Results
import Support

/// What a score costs: memory and time against it, with the front of those arms that no other beats in both.
struct TradeOff {
  let task: TaskReport
  let title: String
  let id: String
  let looks: [String: Int]

  var blocks: [Block] {
    let memory = plot(
      "memory", "peak memory, MiB", "peak memory of the process, the largest of the seeds",
      { group in group.scored.compactMap(\.peakBytes).max().map(Mebibytes.of) })
    let time = plot(
      "time", "training seconds", "training seconds, the mean over seeds on one machine and thread count",
      { group in group.machineShared(with: machine) ? group.meanOfTimed { $0.record?.throughput.trainSeconds } : nil })
    var blocks = [memory, time].flatMap { entry -> [Block] in
      entry.plot.isEmpty ? [] : [.figure(entry.plot), .text(entry.front)]
    }
    if blocks.isEmpty { blocks.append(.text("No optimizer has both a score and a cost.")) }
    let others = task.ranked.filter { task.arms[$0].bestGroup?.machineShared(with: machine) == false }
    if !others.isEmpty {
      blocks.append(
        .text(
          "Not in the chart of time, because they ran on another machine or thread count: "
            + others.map { task.arms[$0].name }.joined(separator: ", ") + "."))
    }
    return blocks
  }

  /// The machine that most arms ran on; only their times are compared.
  private var machine: String? {
    RateGroup.mostFrequent(task.ranked.compactMap { task.arms[$0].bestGroup?.timed?.machine })
  }

  private func plot(
    _ kind: String, _ label: String, _ meaning: String, _ cost: (RateGroup) -> Double?
  ) -> (plot: Plot, front: String) {
    let metric = task.metric.replacing("_", with: " ")
    let points = task.ranked.compactMap { index -> (arm: Int, cost: Double, score: Double, width: Double?)? in
      guard let group = task.arms[index].bestGroup, let cost = cost(group), cost.isFinite else { return nil }
      return (index, cost, task.mean(index), group.uncertainty?.halfWidth)
    }
    let sign: Double = task.isHigherBetter ? 1 : -1
    let front = Tuning.paretoFront(points.map { ($0.cost, sign * $0.score) }).map { points[$0] }.sorted {
      $0.cost < $1.cost
    }
    let names = front.map { task.arms[$0.arm].name }
    let sentence = "No other optimizer is both better and cheaper in \(kind) than: \(names.joined(separator: ", "))."
    var plot = Plot(
      id: "\(id)-\(kind)", title: "\(title): \(metric) against \(kind)", description: sentence, x: ChartAxis(label),
      y: ChartAxis("dev \(metric)"))
    plot.caption =
      "Each optimizer at its best rate; \(meaning). Dashed steps: the Pareto front. Intervals as in the main table."
    // The front as steps: at each cost the best score that it buys.
    for (from, to) in zip(front, front.dropFirst()) {
      plot.items.append(
        Plot.Item(
          kind: .thinLine, look: Plot.frontLook,
          points: [
            (from.cost, from.score), (to.cost, from.score), (to.cost, to.score),
          ]))
    }
    for point in points {
      let look = looks[task.arms[point.arm].name] ?? point.arm
      if let width = point.width {
        plot.items.append(
          Plot.Item(
            kind: .interval, look: look, points: [(point.cost, point.score - width), (point.cost, point.score + width)])
        )
      }
      let name = task.arms[point.arm].name
      plot.items.append(
        Plot.Item(
          kind: .mark, look: look, points: [(point.cost, point.score)],
          title: "\(name): \(Format.score(point.score)) at \(Format.fixed(point.cost, 1))"))
      plot.legend.append((look, name))
    }
    return (plot, sentence)
  }
}

extension RateGroup {
  fileprivate func machineShared(with other: String?) -> Bool { timed?.machine == other }
}
