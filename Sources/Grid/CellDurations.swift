/// How long cells take, by those that have completed.
struct CellDurations {
  private var seconds: [String: [Double]] = [:]

  init(_ cells: some Sequence<(task: String, optimizer: String, outcome: CellOutcome)>) {
    for (task, optimizer, outcome) in cells where outcome.status == .completed {
      if let time = outcome.seconds { seconds[CellDurations.key(task, optimizer), default: []].append(time) }
    }
  }

  init(_ cells: [GridCell], _ outcomes: [CellOutcome]) {
    self.init(zip(cells, outcomes).map { ($0.task, $0.optimizer, $1) })
  }

  private static func key(_ task: String, _ optimizer: String) -> String { task + "\n" + optimizer }

  /// The mean time of the completed cells of that task and optimizer; `nil` where there is none.
  func expected(task: String, optimizer: String) -> Double? {
    seconds[CellDurations.key(task, optimizer)].map { $0.reduce(0, +) / Double($0.count) }
  }

  /// The time of several cells, some at a time; `nil` where that of one is not known.
  static func total(_ times: [Double?], atOnce: Int) -> Double? {
    times.contains(nil) ? nil : times.reduce(0) { $0 + ($1 ?? 0) } / Double(max(1, atOnce))
  }
}
