import Results
import Support

/// What decides the outcome of a run: its settings, data, model and number of threads. A run can only be resumed as the
/// same run, because its second half would otherwise be that of another.
struct RunIdentity {
  /// Values by the path of their keys in `results.json`, e.g. `config.learning_rate`.
  private var values: [(path: String, value: JSON)] = []

  /// Paths of files count by their content alone, so that a folder may be moved between the two halves of a run.
  private static let places: Set = [
    "config.task", "config.model", "config.data", "config.text", "config.tokenizer", "config.base",
  ]

  /// What changes the memory and the time of a run and no bit of its outcome.
  private static let costs: Set = ["config.recompute", "config.update_in_backward"]

  private static let defaults: [String: JSON] = {
    let members = [Setting.Commands.run, .pretrain].flatMap { RunSettings($0).recorded.object?.members ?? [] }
    return Dictionary(members.map { ("config.\($0.key)", $0.value) }) { first, _ in first }
  }()

  /// The identity of the run that a record is of.
  init(_ record: RunRecord) {
    let json = record.json
    // The seed is part of the config.
    for key in ["task", "model", "optimizer", "config", "data"] {
      if let value = json[key] { collect(key, value) }
    }
  }

  private mutating func collect(_ path: String, _ value: JSON) {
    switch value {
    case .object(let object):
      for member in object.members where member.key != "path" { collect("\(path).\(member.key)", member.value) }
    case .array(let items): for (index, item) in items.enumerated() { collect("\(path)[\(index)]", item) }
    default: if !RunIdentity.places.union(RunIdentity.costs).contains(path) { values.append((path, value)) }
    }
  }

  /// What is different in `other`, e.g. `learning_rate was 0.001, is now 0.002`; empty where nothing is.
  func differences(from other: RunIdentity) -> [String] {
    // A program that does not know a setting yet does what the setting's default stands for.
    func byPath(_ values: [(path: String, value: JSON)]) -> [String: JSON] {
      RunIdentity.defaults.merging(values.map { ($0.path, $0.value) }) { _, given in given }
    }
    let (before, now) = (byPath(other.values), byPath(values))
    var paths: [String] = []
    for path in (other.values + values).map(\.path)
    where !RunIdentity.isEqual(before[path], now[path]) && !paths.contains(path) {
      paths.append(path)
    }
    // Settings come first, because a setting of another value also changes what follows from it.
    let ordered = paths.filter { $0.hasPrefix("config.") } + paths.filter { !$0.hasPrefix("config.") }
    return ordered.map { path in
      let name = path.hasPrefix("config.") ? String(path.dropFirst("config.".count)) : path
      return "\(name) was \(RunIdentity.text(before[path])), is now \(RunIdentity.text(now[path]))"
    }
  }

  /// Whether two values are equal; numbers are by their value, since another program may write 0 as 0.0.
  private static func isEqual(_ left: JSON?, _ right: JSON?) -> Bool {
    if left == right || (left?.isNull ?? true) && (right?.isNull ?? true) { return true }
    guard case .number? = left, case .number? = right else { return false }
    return left?.double == right?.double
  }

  private static func text(_ value: JSON?) -> String { value.map { $0.isNull ? "not set" : $0.summary } ?? "absent" }
}
