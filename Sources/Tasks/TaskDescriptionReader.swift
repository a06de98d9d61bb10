import Support
import Yams

/// Reads `task.yaml` and refuses unknown keys.
///
/// The YAML nodes are read directly: decoding would ignore unknown keys and read a label `no` as a boolean.
struct TaskDescriptionReader {
  let path: String

  /// - Throws: ``TaskError`` naming the line and the fault.
  func read() throws(TaskError) -> BenchmarkTask {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Files.read(path, limit: 1 << 20) } catch { throw .unreadable(error) }
    let root: Node
    do throws(YAMLFault) { root = try YAMLFile.compose(bytes) } catch { throw bad(error.line, error.reason) }
    let keys = [
      "name", "title", "kind", "format", "splits", "text", "text_pair", "label", "labels", "metrics", "primary_metric",
      "presets", "source", "citation",
    ]
    let map = try mapping(root, "the task", allowed: keys)
    let kindName = try choice(map, "kind", [TaskKind.classification.rawValue], root)
    let kind = TaskKind(rawValue: kindName) ?? .classification
    _ = try choice(map, "format", ["tsv"], root)
    if !kind.hasLabels, let node = map["labels"] {
      throw bad(line(node), "labels: a task of kind \(kindName) has none")
    }
    let labels = kind.hasLabels ? try labels(required(map, "labels", root)) : []
    let metrics = try sequence(required(map, "metrics", root), "metrics").map { (node) throws(TaskError) in
      try metric(node, of: kind)
    }
    let primary = try metric(required(map, "primary_metric", root), of: kind)
    if let binary = metrics.first(where: \.needsTwoLabels), labels.count != 2 {
      throw bad(
        line(map["metrics"]), "metric \(binary.name) is that of the second of two labels, and there are \(labels.count)"
      )
    }
    if let twice = metrics.indices.first(where: { metrics[..<$0].contains(metrics[$0]) }) {
      throw bad(line(map["metrics"]), "metrics: \(metrics[twice].name) is given twice")
    }
    guard metrics.contains(primary) else {
      throw bad(line(map["primary_metric"]), "primary_metric is not among metrics")
    }
    return BenchmarkTask(
      name: try string(required(map, "name", root), "name"), title: try string(map["title"] ?? "", "title"), path: path,
      kind: kind,
      labels: labels.map(\.name), metrics: metrics, primaryMetric: primary, presets: try presets(map["presets"]),
      source: try string(map["source"] ?? "", "source"), citation: try string(map["citation"] ?? "", "citation"),
      labelValues: labels.map { Array($0.value.utf8) }, splits: try splits(required(map, "splits", root)),
      textColumn: try string(required(map, "text", root), "text"),
      pairColumn: try map["text_pair"].map { (node) throws(TaskError) in try string(node, "text_pair") },
      labelColumn: try string(required(map, "label", root), "label"))
  }

  private func bad(_ line: Int, _ reason: String) -> TaskError {
    .badDescription(path: path, line: line, reason: reason)
  }
  private func line(_ node: Node?) -> Int { node?.mark?.line ?? 1 }

  private func mapping(_ node: Node, _ what: String, allowed: [String]) throws(TaskError) -> [String: Node] {
    var result: [String: Node] = [:]
    for (name, value) in try members(node, what) {
      guard allowed.contains(name) else {
        throw bad(line(value), "\(what): unknown key \(name); expected one of \(allowed.joined(separator: ", "))")
      }
      result[name] = value
    }
    return result
  }

  /// The members of a mapping in their order. A key that is given twice is an error.
  private func members(_ node: Node, _ what: String) throws(TaskError) -> [(name: String, value: Node)] {
    guard case .mapping(let mapping) = node else { throw bad(line(node), "\(what): expected keys and values") }
    var result: [(name: String, value: Node)] = []
    for (key, value) in mapping {
      let name = try string(key, "key")
      guard !result.contains(where: { $0.name == name }) else { throw bad(line(key), "key \(name) is given twice") }
      result.append((name, value))
    }
    return result
  }

  private func required(_ map: [String: Node], _ key: String, _ parent: Node) throws(TaskError) -> Node {
    guard let node = map[key] else { throw bad(line(parent), "key \(key) is missing") }
    return node
  }

  private func string(_ node: Node, _ key: String) throws(TaskError) -> String {
    guard case .scalar(let scalar) = node else { throw bad(line(node), "key \(key): expected a single value") }
    return scalar.string
  }

  private func sequence(_ node: Node, _ key: String) throws(TaskError) -> [Node] {
    guard case .sequence(let sequence) = node, !sequence.isEmpty else {
      throw bad(line(node), "key \(key): expected a list of at least one entry")
    }
    return Array(sequence)
  }

  private func choice(_ map: [String: Node], _ key: String, _ known: [String], _ root: Node) throws(TaskError)
    -> String
  {
    let node = try required(map, key, root)
    let found = try string(node, key)
    guard known.contains(found) else {
      throw bad(line(node), "key \(key): found \(found), expected \(known.joined(separator: " or "))")
    }
    return found
  }

  private func metric(_ node: Node, of kind: TaskKind) throws(TaskError) -> Metric {
    let name = try string(node, "metrics")
    guard let metric = Metric.named(name, of: kind) else {
      let known = Metric.all.filter { $0.kinds.contains(kind) }.map(\.name).joined(separator: ", ")
      throw bad(line(node), "metric \(name) is unknown; expected one of \(known)")
    }
    return metric
  }

  private func labels(_ node: Node) throws(TaskError) -> [(name: String, value: String)] {
    var result: [(name: String, value: String)] = []
    for entry in try sequence(node, "labels") {
      let map = try mapping(entry, "labels", allowed: ["name", "value"])
      let (name, value) = (
        try string(required(map, "name", entry), "name"), try string(required(map, "value", entry), "value")
      )
      // A tab or line end in a name would break the columns of the predictions file.
      guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), !name.isEmpty else {
        throw bad(line(entry), "labels: found a name with control characters or none, expected text in one line")
      }
      guard !result.contains(where: { $0.name == name || $0.value == value }) else {
        throw bad(line(entry), "label \(name) or its value is given twice")
      }
      result.append((name, value))
    }
    guard result.count >= 2 else { throw bad(line(node), "labels: expected at least two") }
    return result
  }

  private func splits(_ node: Node) throws(TaskError) -> [(
    split: Split, source: BenchmarkTask.Source
  )] {
    var result: [(split: Split, source: BenchmarkTask.Source)] = []
    for (name, entry) in try members(node, "splits") {
      guard let split = Split(name) else {
        throw bad(line(entry), "splits: found \(name), expected a name of small letters, digits and underscores")
      }
      let fields = try mapping(entry, split.name, allowed: ["file", "header", "columns"])
      let header = try fields["header"].map { (node) throws(TaskError) in try flag(node) } ?? false
      let columns = try fields["columns"].map { (node) throws(TaskError) in
        try sequence(node, "columns").map { (node) throws(TaskError) in try string(node, "columns") }
      }
      guard header != (columns != nil) else {
        throw bad(line(entry), "\(split.name): expected either header: true or the names of the columns")
      }
      let file = try string(required(fields, "file", entry), "file")
      guard !file.isEmpty, !file.hasPrefix("/"), !file.split(separator: "/").contains("..") else {
        throw bad(line(entry), "\(split.name): file \(file): expected a path inside the data folder")
      }
      result.append((split, .init(file: file, hasHeader: header, columns: columns ?? [])))
    }
    guard result.contains(where: { $0.split == .train }) else { throw bad(line(node), "splits: train is missing") }
    guard result.contains(where: \.split.isDev) else {
      throw bad(line(node), "splits: expected dev, or several whose names begin with dev_")
    }
    return result
  }

  private func flag(_ node: Node) throws(TaskError) -> Bool {
    switch try string(node, "header") {
    case "true": return true
    case "false": return false
    case let found: throw bad(line(node), "key header: found \(found), expected true or false")
    }
  }

  private func presets(_ node: Node?) throws(TaskError) -> BenchmarkTask.Presets {
    guard let node else { return .init() }
    let map = try mapping(node, "presets", allowed: ["epochs", "max_length", "learning_rate"])
    func number(_ key: String) throws(TaskError) -> Double? {
      guard let node = map[key] else { return nil }
      let text = try string(node, key)
      guard let value = Double(text), value > 0, value < 1e6 else {
        throw bad(line(node), "key \(key): found \(text), expected a positive number below a million")
      }
      return value
    }
    let length = try number("max_length")
    guard length.map({ $0 == $0.rounded() && $0 < 1e6 }) ?? true else {
      throw bad(line(map["max_length"]), "key max_length: expected an integer")
    }
    return .init(
      epochs: try number("epochs"), maximumLength: length.map { Int($0) }, learningRate: try number("learning_rate"))
  }
}
