import Support

/// What can be said over several tasks.
struct AcrossSection {
  let tasks: [TaskReport]

  /// Below this, a rank over tasks is chance more than result.
  private static let enough = 5

  var blocks: [Block] {
    guard tasks.count > 1 else { return [] }
    var blocks: [Block] = [.heading(2, "Over all tasks", id: "across")]
    let names = tasks.flatMap { $0.arms.map(\.name) }
    var order: [String] = []
    for name in names where !order.contains(name) { order.append(name) }
    func arm(_ name: String, _ task: TaskReport) -> Int? { task.ranked.first { task.arms[$0].name == name } }
    let shared = order.filter { name in tasks.allSatisfy { arm(name, $0) != nil } }
    guard shared.count > 1 else {
      return blocks + [.text("No two optimizers have a score on every task, so nothing is ranked over tasks.")]
    }
    let count = Plural.count(tasks.count, "task")
    if tasks.count < AcrossSection.enough {
      blocks.append(
        .text(
          "Too few tasks: with \(count), a mean rank or a mean over tasks says little about any other task. Read them as a summary."
        ))
    }
    let ranks = AcrossTasks.meanRanks(
      tasks.map { task in
        shared.map { name in arm(name, task).map { task.mean($0) * (task.isHigherBetter ? 1 : -1) } ?? 0 }
      })
    // A perplexity has no place in a mean of shares.
    let bounded = tasks.filter(\.isHigherBetter)
    let rows = zip(shared, ranks).sorted { $0.1 < $1.1 }.map { name, rank -> [Table.Entry] in
      let scores = bounded.map { task in
        arm(name, task).flatMap { task.arms[$0].bestGroup }?.scored.compactMap(\.score) ?? []
      }
      let mean = AcrossTasks.interquartileMean(ofTasks: scores)
      return [
        Table.Entry(name), Table.Entry(Format.fixed(rank, 2), key: rank),
        mean.map {
          Table.Entry("\(Format.score($0.value)) [\(Format.score($0.low)), \(Format.score($0.high))]", key: $0.value)
        } ?? "–",
        Table.Entry("\(scores.map(\.count).reduce(0, +))", key: Double(scores.map(\.count).reduce(0, +))),
      ]
    }
    var caption =
      "Mean rank over \(count) (1 is best) and interquartile mean of all scores, with its 95 % interval from "
    caption += "\(Bootstrap.resamples) resamples of the seeds within each task"
    if bounded.count < tasks.count { caption += "; tasks where lower is better count in the rank only" }
    blocks.append(
      .table(
        Table(
          id: "across-table", caption: caption,
          columns: [
            .init("optimizer"), .init("mean rank", isNumber: true), .init("interquartile mean", isNumber: true),
            .init("scores", isNumber: true),
          ], rows: rows, isSortable: true)))
    let left = order.filter { !shared.contains($0) }
    if !left.isEmpty { blocks.append(.text("Not on every task, so left out: \(left.joined(separator: ", ")).")) }
    return blocks
  }
}
