import Results
import Support

/// The cells of one task, protocol and metric, as arms.
struct TaskReport: Sendable {
  let name: String
  let proto: String
  let metric: String
  let isHigherBetter: Bool
  let arms: [Arm]
  let cells: [ReportCell]
  /// Cells that repeat another's arm, rate and seed. They are left out of every mean.
  let repeated: [ReportCell]
  /// What always giving the most frequent answer would score.
  let baseline: Double?
  /// Settings in which optimizers differ from each other beside their own options, e.g. `weight_decay`.
  let unequal: [String]

  /// Its best rates' scores, best first.
  var ranked: [Int] {
    arms.indices.filter { arms[$0].best != nil }.sorted { left, right in
      let (a, b) = (mean(left), mean(right))
      return a == b ? left < right : isHigherBetter ? a > b : a < b
    }
  }

  func mean(_ arm: Int) -> Double { arms[arm].bestGroup?.statistics?.mean ?? .nan }

  /// - Parameter cells: sorted as ``ReportInput`` sorts them.
  static func all(_ cells: [ReportCell]) -> [TaskReport] {
    struct Key: Hashable, Comparable {
      let (name, proto, metric): (String, String, String)
      static func < (left: Key, right: Key) -> Bool {
        (left.name, left.proto, left.metric) < (right.name, right.proto, right.metric)
      }
    }
    var tasks: [Key: [ReportCell]] = [:]
    for cell in cells where cell.record != nil {
      let key = Key(
        name: cell.task, proto: cell.record?.task["protocol"]?.string ?? "", metric: cell.record?.primaryMetric ?? "")
      tasks[key, default: []].append(cell)
    }
    for cell in cells where cell.record == nil {
      // A grid says the task's name only, which may be a path; a sibling's record says the rest.
      let sibling = tasks.keys.sorted().first { key in
        key.name == cell.task || tasks[key]?.contains { $0.gridKey == cell.gridKey } == true
      }
      tasks[sibling ?? Key(name: cell.task, proto: "", metric: ""), default: []].append(cell)
    }
    return tasks.keys.sorted().map { key in
      TaskReport(name: key.name, proto: key.proto, metric: key.metric, cells: tasks[key] ?? [])
    }
  }

  private init(name: String, proto: String, metric: String, cells: [ReportCell]) {
    (self.name, self.proto, self.metric, self.cells) = (name, proto, metric, cells)
    let isHigherBetter = cells.first { $0.record != nil }?.record?.isHigherBetter ?? true
    self.isHigherBetter = isHigherBetter
    baseline = cells.compactMap(\.baseline).first
    // What a cell without record was set to, its siblings' records tell.
    var known: [String: [String: String]] = [:]
    for cell in cells where cell.record != nil {
      if let key = cell.gridKey, known[key] == nil { known[key] = cell.settings }
    }
    func settings(_ cell: ReportCell) -> [String: String] {
      cell.record != nil ? cell.settings : cell.gridKey.flatMap { known[$0] } ?? ["settings": "unknown"]
    }
    var (arms, repeated, unequal): ([Arm], [ReportCell], Set<String>) = ([], [], [])
    for optimizer in Set(cells.map(\.optimizer)).sorted() {
      let members = cells.filter { $0.optimizer == optimizer }
      let keys = TaskReport.varying(members.map(settings))
      var variants: [String: [ReportCell]] = [:]
      for cell in members {
        let own = settings(cell)
        let text =
          own["settings"] == "unknown" && keys.contains("settings")
          ? "of unknown settings"
          : keys.filter { $0 != "settings" }.map { "\($0.replacing("-O ", with: ""))=\(own[$0] ?? "none")" }
            .joined(separator: " ")
        variants[text, default: []].append(cell)
      }
      for variant in variants.keys.sorted() {
        var groups: [(rate: Double?, cells: [ReportCell])] = []
        for cell in variants[variant] ?? [] {
          let at = groups.firstIndex { $0.rate == cell.learningRate } ?? groups.endIndex
          if at == groups.endIndex { groups.append((cell.learningRate, [])) }
          // A repetition that finished counts before one that did not.
          if let twin = groups[at].cells.firstIndex(where: { $0.seed == cell.seed }) {
            let isBetter = groups[at].cells[twin].status != .completed && cell.status == .completed
            repeated.append(isBetter ? groups[at].cells[twin] : cell)
            if isBetter { groups[at].cells[twin] = cell }
          } else {
            groups[at].cells.append(cell)
          }
        }
        let rates = groups.sorted { ($0.rate ?? 0) < ($1.rate ?? 0) }.map { RateGroup($0.rate, $0.cells) }
        arms.append(Arm(optimizer: optimizer, variant: variant, isHigherBetter: isHigherBetter, rates: rates))
      }
    }
    (self.arms, self.repeated) = (arms, repeated)
    let shared = cells.filter { $0.record != nil }.map { $0.settings.filter { !$0.key.hasPrefix("-O ") } }
    unequal.formUnion(TaskReport.varying(shared))
    self.unequal = unequal.sorted()
  }

  /// The keys that have several values, or that some lack.
  static func varying(_ settings: [[String: String]]) -> [String] {
    guard let first = settings.first else { return [] }
    let keys = Set(settings.flatMap(\.keys))
    return keys.filter { key in settings.contains { $0[key] != first[key] } }.sorted()
  }

  /// What the task is called where it has other protocols or metrics too.
  func title(among tasks: [TaskReport]) -> String {
    let twins = tasks.filter { $0.name == name }
    return twins.count == 1 ? name : "\(name) (\([proto, metric].filter { !$0.isEmpty }.joined(separator: ", ")))"
  }
}
