import Results
import Support

/// A run as the report knows it: a record, or a grid's word on a cell that has none.
struct ReportCell: Sendable {
  enum Status: String, Sendable {
    case completed, diverged, failed, interrupted
    /// What only a grid says of a cell, in the words of its record.
    case pending, running, cut
    /// There is a record that cannot be read.
    case unreadable

    /// The status that a word of `grid.json` means; version 1 said `stopped` of what was cut.
    init?(word: String) { self.init(rawValue: word == "stopped" ? "cut" : word) }
  }

  /// The run's folder.
  let path: String
  /// What the report calls it, e.g. `GRID/cola-fira-lr0.001-seed1`.
  let label: String
  var task: String
  var optimizer: String
  var seed: String
  var learningRate: Double?
  var status: Status
  var reason: String?
  var record: RunRecord?
  /// Every setting but those that a cell is ordered by (task, optimizer, rate, seed) and those that change no result.
  var settings: [String: String] = [:]
  /// Training seconds until the step whose model was kept; `nil` without a log that reaches it. The log is read once, with
  /// the record.
  private(set) var secondsToBest: Double?
  /// The settings a grid gave a cell, of which the record of a sibling tells the rest. Without rate and seed.
  var gridKey: String?

  /// The score that decides which rate is the best; `nil` unless the run completed with a finite one.
  var score: Double? {
    guard status == .completed, let record, let metric = record.primaryMetric else { return nil }
    // A number of a size that no metric has would only make sums overflow.
    return record.devMetrics.first { $0.name == metric && abs($0.value) < 1e100 }?.value
  }

  var isCollapsed: Bool { record?.collapsed ?? false }

  /// A value of the first dev split by the name of the primary metric, e.g. its standard error.
  private func value(_ part: (ScoredSplit) -> MetricValues) -> Double? {
    guard let record, let split = record.metrics.first?.split else { return nil }
    return record.scored.first { $0.split == split }.flatMap { scored in
      part(scored).first { $0.name == record.primaryMetric && $0.value.isFinite }?.value
    }
  }
  var standardError: Double? { value(\.standardErrors) }
  var baseline: Double? { value(\.baselines) }

  var stateBytes: Int? { record?.bytes("optimizer_state_bytes") }
  var peakBytes: Int? { record?.bytes("peak_rss_bytes") }

  /// The machine and its use: timings are pooled only where these are equal.
  var machine: String? {
    guard let environment = record?.environment, let cpu = environment["cpu"]?.string else { return nil }
    let threads = environment["threads"]?.integer
    return cpu + (threads.map { $0 == 1 ? ", 1 thread" : ", \($0) threads" } ?? "")
  }

  /// The program that made the run, e.g. `3470cf434cc6 with uncommitted changes`.
  var commit: String? {
    record?.environment["git_commit"]?.string.map { commit in
      commit.prefix(12) + (record?.environment["dirty"]?.bool == true ? " with uncommitted changes" : "")
    }
  }

  /// Which examples were scored: digests of the files and how many examples, so that other scores are told apart.
  var devSet: String? {
    guard let record, let name = record.metrics.first?.split,
      let split = record.splits.first(where: { $0.name == name })
    else { return nil }
    return split.files.map(\.sha256).sorted().joined(separator: " ") + " \(split.examples)"
  }
}

extension ReportCell {
  /// A run with its record.
  init(path: String, label: String, record: RunRecord, grid: JSON? = nil) {
    (self.path, self.label, self.record) = (path, label, record)
    task = record.task["name"]?.string ?? "unnamed task"
    optimizer = record.optimizerName ?? "unnamed optimizer"
    (seed, learningRate) = (String(record.seed), record.learningRate)
    switch record.status {
    case .completed: status = .completed
    case .diverged: status = .diverged
    case .failed: status = .failed
    case .interrupted: status = .interrupted
    }
    reason = record.reason
    // A grid counts what it cut as cut, even where the run came to its end in the meantime.
    if grid?["status"]?.string.flatMap(Status.init(word:)) == .cut {
      (status, reason) = (.cut, grid?["reason"]?.string)
    }
    settings = ReportCell.settings(of: record)
    gridKey = grid.map(ReportCell.key)
    secondsToBest = ReportCell.secondsToBest(record, path)
  }

  private static func secondsToBest(_ record: RunRecord, _ path: String) -> Double? {
    guard let step = record.best?.step, let log = try? TrainLog.read(path + "/train_log.jsonl"),
      log.last.map({ $0.step >= step }) == true
    else { return nil }
    return log.reduce(0) { $1.step <= step ? $0 + $1.seconds : $0 }
  }

  /// A cell of a grid that has no record, or none that can be read.
  init(path: String, label: String, grid: JSON, status: Status, reason: String?) {
    (self.path, self.label, self.status, self.reason) = (path, label, status, reason)
    let given = grid["identity"]?["settings"]
    task = grid["task"]?.string ?? "unnamed task"
    optimizer = grid["optimizer"]?.string ?? "unnamed optimizer"
    seed = grid["seed"].map(ReportCell.text) ?? "?"
    learningRate = grid["learning_rate"]?.double ?? given?["learning_rate"]?.string.flatMap(Double.init)
    gridKey = ReportCell.key(grid)
  }

  /// The settings that a grid gave a cell, without its rate and seed, as one text.
  private static func key(_ grid: JSON) -> String {
    let identity = grid["identity"]
    let settings = (identity?["settings"]?.object?.members ?? []).filter {
      !["learning_rate", "seed"].contains($0.key.description)
    }
    let options = identity?["optimizer_option"]?.object?.members ?? []
    return
      (settings.map { "\($0.key)=\(text($0.value))" }.sorted()
      + options.map { "-O \($0.key)=\(text($0.value))" }.sorted())
      .joined(separator: "\n")
  }

  /// Settings that order the cells, or have no effect on the outcome.
  private static let left: Set = [
    "task", "data", "optimizer", "optimizer_option", "learning_rate", "seed", "threads", "capture", "model", "output",
    "checkpoint_every", "resume", "profile", "recompute", "update_in_backward", "base",
  ]

  /// Whether a setting has the value that a program does which does not know it, and so does not record it.
  private static func isUsual(_ key: String, _ value: JSON) -> Bool {
    value.isNull || (key == "weights" && value.string == "f32")
  }

  private static func settings(of record: RunRecord) -> [String: String] {
    var settings: [String: String] = [:]
    for member in record.config.object?.members ?? []
    where !left.contains(member.key.description) && !isUsual(member.key.description, member.value) {
      settings[member.key.description] = text(member.value)
    }
    for member in record.optimizer["options"]?.object?.members ?? [] {
      settings["-O \(member.key)"] = text(member.value)
    }
    // An adapter has a digest beside that of its checkpoint.
    let digests = record.model["sha256"].map { $0.array ?? [$0] } ?? []
    let digest = digests.compactMap(\.string).map { " (\($0.prefix(8)))" }.joined()
    settings["model"] = (record.model["name"]?.string ?? "unnamed") + digest
    return settings
  }

  /// A value as a short text; equal numbers give equal texts however they were written.
  static func text(_ json: JSON) -> String {
    if let number = json.double { return Format.rate(number) }
    return json.string ?? PathText.text(json.serialized(compact: true))
  }
}
