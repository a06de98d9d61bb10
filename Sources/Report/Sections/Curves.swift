import Foundation
import Results
import Support

/// How the loss and the score went during training, by step and by second, of each arm at its best rate.
struct Curves {
  let task: TaskReport
  let title: String
  let id: String
  let looks: [String: Int]

  /// More points than this are joined to as many means, because a screen shows no more.
  private static let points = 150
  /// More seeds than this would be a thicket.
  private static let seeds = 5

  private struct Run {
    let look: Int
    let name: String
    let seed: String
    let log: [StepRecord]
    let history: [(step: Int, score: Double)]
  }

  var blocks: [Block] {
    let runs = task.ranked.flatMap { index -> [Run] in
      let arm = task.arms[index]
      return (arm.bestGroup?.scored.prefix(Curves.seeds) ?? []).map { cell in
        let log = ((try? TrainLog.read(cell.path + "/train_log.jsonl")) ?? []).filter { $0.seconds.isFinite }
        let history = (cell.record?.history ?? []).compactMap { entry -> (step: Int, score: Double)? in
          entry.metrics.first { $0.name == task.metric && $0.value.isFinite }.map { (entry.step, $0.value) }
        }
        return Run(look: looks[arm.name] ?? index, name: arm.name, seed: cell.seed, log: log, history: history)
      }
    }
    let metric = task.metric.replacing("_", with: " ")
    let plots = [
      plot("loss-step", "training loss", "step", runs) { run in
        Curves.thinned(run.log.map { (Double($0.step), $0.loss) })
      },
      plot("loss-second", "training loss", "training second", runs) { run in
        Curves.thinned(zip(Curves.clock(run.log), run.log).map { ($0, $1.loss) })
      },
      plot("score-step", "dev \(metric)", "step", runs) { run in
        run.history.count > 1 ? run.history.map { (Double($0.step), $0.score) } : []
      },
      plot("score-second", "dev \(metric)", "training second", runs) { run in
        guard run.history.count > 1 else { return [] }
        let clock = Curves.clock(run.log)
        return run.history.compactMap { entry in
          run.log.lastIndex { $0.step <= entry.step }.map { (clock[$0], entry.score) }
        }
      },
    ].filter { !$0.isEmpty }
    guard !plots.isEmpty else { return [.text("There is no log of these runs, or none of more than one step.")] }
    return [
      .details(
        "Loss and score by step and by second",
        plots.map(Block.figure) + [
          .text("Which optimizer leads may change during training; a lead before the end decides nothing.")
        ])
    ]
  }

  private func plot(
    _ kind: String, _ y: String, _ x: String, _ runs: [Run], _ points: (Run) -> [(x: Double, y: Double)]
  ) -> Plot {
    var plot = Plot(
      id: "\(id)-\(kind)", title: "\(title): \(y) by \(x)",
      description: "One line for each run: every optimizer at its best rate, at most \(Curves.seeds) seeds.",
      x: ChartAxis(x), y: ChartAxis(y))
    for run in runs {
      let values = points(run).filter { $0.x.isFinite && $0.y.isFinite }
      guard values.count > 1 else { continue }
      plot.items.append(
        Plot.Item(kind: .thinLine, look: run.look, points: values, title: "\(run.name), seed \(run.seed)"))
      if let end = values.last {
        plot.items.append(Plot.Item(kind: .dot(isHollow: false), look: run.look, points: [end]))
      }
      if !plot.legend.contains(where: { $0.look == run.look }) { plot.legend.append((run.look, run.name)) }
    }
    plot.caption = "Each line is a run of an optimizer at its best rate, with its mark at the end"
    plot.caption += kind.hasPrefix("loss") ? "; of long runs, means of neighbouring steps." : "."
    if x == "training second" { plot.caption += " Seconds of other machines or thread counts are not comparable." }
    return plot
  }

  /// The training seconds passed at the end of each step.
  private static func clock(_ log: [StepRecord]) -> [Double] {
    var sum = 0.0
    return log.map { record in
      sum += record.seconds
      return sum
    }
  }

  /// Means of equally many neighbours, at most ``points`` of them. Losses that are not finite are left out.
  private static func thinned(_ values: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let values = values.filter { $0.y.isFinite }
    guard values.count > points else { return values }
    return (0..<points).map { index in
      let part = values[(index * values.count / points)..<((index + 1) * values.count / points)]
      let count = Double(part.count)
      return (part.reduce(0) { $0 + $1.x } / count, part.reduce(0) { $0 + $1.y } / count)
    }
  }
}
