/// How long cells take, by those that have completed.
struct CellDurations {
  private var seconds: [String: [Double]] = [:]

  private static func key(_ task: String, _ optimizer: String) -> String { task + "\n" + optimizer }

  mutating func add(task: String, optimizer: String, _ outcome: CellOutcome) {
    guard outcome.status == .completed, let time = outcome.seconds else { return }
    seconds[CellDurations.key(task, optimizer), default: []].append(time)
  }

  /// The mean time of the completed cells of that task and optimizer; `nil` where there is none.
  func expected(task: String, optimizer: String) -> Double? {
    seconds[CellDurations.key(task, optimizer)].map { $0.reduce(0, +) / Double($0.count) }
  }
}
