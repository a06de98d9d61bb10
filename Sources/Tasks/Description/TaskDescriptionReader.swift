import Support
import Yams

/// Reads `task.yaml` and refuses unknown keys.
///
/// The YAML nodes are read directly: decoding would ignore unknown keys and read a label `no` as a boolean.
struct TaskDescriptionReader {
  let path: String
  private var keys: DescriptionKeys { DescriptionKeys(path: path) }

  /// Keys that say what the task is, whatever its format.
  private static let identity = ["name", "title", "source", "citation", "formats"]
  /// Keys that say how the data are read and what is asked. A format has these of its own.
  private static let form = [
    "kind", "format", "folders", "records", "splits", "id", "text", "text_pair", "label", "labels", "choices",
    "choice_labels", "answer_starts", "target", "extract", "max_new_tokens", "no_answer", "likelihood", "metrics",
    "primary_metric", "presets",
  ]

  /// - Parameter format: the name of one of the task's `formats`; `nil` for its own.
  /// - Throws: ``TaskError`` naming the line and the fault. Faults of other formats are found too.
  func read(format: String? = nil) throws(TaskError) -> BenchmarkTask {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Files.read(path, limit: 1 << 20) } catch { throw .unreadable(error) }
    let root: Node
    do throws(YAMLFault) { root = try YAMLFile.compose(bytes) } catch {
      throw .badDescription(path: path, line: error.line, reason: error.reason)
    }
    let map = try keys.mapping(root, "the task", allowed: TaskDescriptionReader.identity + TaskDescriptionReader.form)
    let own = try task(root, map, root, identity: map, format: nil)
    var others: [BenchmarkTask] = []
    if let node = map["formats"] {
      for (name, entry) in try keys.members(node, "formats") {
        let form = try keys.mapping(entry, "format \(name)", allowed: TaskDescriptionReader.form)
        others.append(try task(entry, form, root, identity: map, format: name))
      }
    }
    guard let format else { return own }
    guard let found = others.first(where: { $0.formatName == format }) else {
      throw .noFormat(task: own.name, format: format, path: path, known: others.compactMap(\.formatName))
    }
    return found
  }

  private func task(
    _ node: Node, _ map: [String: Node], _ root: Node, identity: [String: Node], format name: String?
  ) throws(TaskError) -> BenchmarkTask {
    let kind: TaskKind = try keys.choice(map, "kind", node)
    let format: DataFormat = try keys.choice(map, "format", node)
    let labels = try LabelsReader(keys: keys).read(map, kind, node)
    let (metrics, primary) = try metrics(map, kind, labels.count, node)
    let fields = try FieldsReader(keys: keys, kind: kind, format: format).read(map, node)
    if let records = map["records"], format != .json {
      throw keys.bad(records, "key records: a \(format.rawValue) file has no path of records; remove the key")
    }
    let records = try map["records"].map { (node) throws(TaskError) in try keys.path(node, "records", format) }
    return BenchmarkTask(
      name: try taskName(keys.required(identity, "name", root)),
      title: try keys.string(identity, "title"), path: path, formatName: name,
      otherFormats: try name == nil
        ? identity["formats"].map { (node) throws(TaskError) in
          try keys.members(node, "formats").map(\.name)
        } ?? [] : [], kind: kind,
      labels: labels.map(\.name), metrics: metrics, primaryMetric: primary, presets: try presets(map["presets"]),
      source: try keys.string(identity, "source"), citation: try keys.string(identity, "citation"),
      labelValues: labels.map { Array($0.value.utf8) }, folders: try keys.strings(map, "folders"), format: format,
      records: records,
      splits: try SplitsReader(keys: keys, format: format, kind: kind).read(keys.required(map, "splits", node)),
      fields: fields,
      likelihood: try likelihood(map["likelihood"], kind, labels.count, format),
      extract: try extract(map, kind), maximumNewTokens: try keys.count(map, "max_new_tokens") ?? 32,
      allowsNoAnswer: try keys.flag(map, "no_answer"))
  }

  /// The name is part of the names of files and folders.
  private func taskName(_ node: Node) throws(TaskError) -> String {
    let name = try keys.string(node, "name")
    let isPlain = name.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal
        || "._-".unicodeScalars.contains(scalar)
    }
    guard isPlain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 100 else {
      throw keys.bad(
        node,
        "key name: found \"\(UTF8Text.shown(name.utf8))\", expected letters, digits, ., _ and -, at most 100, since it is "
          + "part of file names; title may be any text")
    }
    return name
  }

  private func metrics(
    _ map: [String: Node], _ kind: TaskKind, _ labels: Int, _ node: Node
  ) throws(TaskError) -> (all: [Metric], primary: Metric) {
    let metrics = try keys.sequence(keys.required(map, "metrics", node), "metrics").map { (node) throws(TaskError) in
      try metric(node, of: kind)
    }
    let primary = try metric(keys.required(map, "primary_metric", node), of: kind)
    if let binary = metrics.first(where: \.needsTwoLabels), labels != 2 {
      throw keys.bad(
        map["metrics"], "metric \(binary.name) is that of the second of two labels, and there are \(labels)")
    }
    if let twice = metrics.indices.first(where: { metrics[..<$0].contains(metrics[$0]) }) {
      throw keys.bad(map["metrics"], "metrics: \(metrics[twice].name) is given twice")
    }
    guard metrics.contains(primary) else {
      throw keys.bad(map["primary_metric"], "primary_metric is not among metrics")
    }
    return (metrics, primary)
  }

  private func metric(_ node: Node, of kind: TaskKind) throws(TaskError) -> Metric {
    let name = try keys.string(node, "metrics")
    guard let metric = Metric.named(name, of: kind) else {
      let known = Metric.all.filter { $0.kinds.contains(kind) }.map(\.name).joined(separator: ", ")
      throw keys.bad(node, "metric \(name) is unknown; expected one of \(known)")
    }
    return metric
  }

  private func extract(_ map: [String: Node], _ kind: TaskKind) throws(TaskError) -> [[UInt8]] {
    guard let node = map["extract"] else { return [] }
    guard kind == .text else { throw keys.bad(node, "key extract: only a task of kind text has it") }
    return try keys.strings(map, "extract").map { Array($0.utf8) }
  }

  private func likelihood(
    _ node: Node?, _ kind: TaskKind, _ labels: Int, _ format: DataFormat
  ) throws(TaskError) -> LikelihoodRules? {
    guard let node else { return nil }
    guard kind == .classification || kind == .multipleChoice else {
      throw keys.bad(node, "key likelihood: a task of kind \(kind.rawValue) has no choices to compare")
    }
    let map = try keys.mapping(node, "likelihood", allowed: ["context", "choices", "separator"])
    let choices = try keys.templates(map, "choices", format, areLiteral: true)
    if kind == .classification, choices.count != labels {
      throw keys.bad(node, "likelihood: expected a choice for each of the \(labels) labels, found \(choices.count)")
    }
    guard map["context"] != nil else { throw keys.bad(node, "likelihood: key context is missing") }
    return LikelihoodRules(
      contexts: try keys.templates(map, "context", format, areLiteral: true), choices: choices,
      separator: Array((map["separator"] == nil ? " " : try keys.string(map, "separator")).utf8))
  }

  private func presets(_ node: Node?) throws(TaskError) -> BenchmarkTask.Presets {
    guard let node else { return .init() }
    let map = try keys.mapping(node, "presets", allowed: ["epochs", "max_length", "learning_rate"])
    func number(_ key: String) throws(TaskError) -> Double? {
      guard let node = map[key] else { return nil }
      let text = try keys.string(node, key)
      guard let value = Double(text), value > 0, value < 1e6 else {
        throw keys.bad(node, "key \(key): found \(text), expected a positive number below a million")
      }
      return value
    }
    let length = try number("max_length")
    guard length.map({ $0 == $0.rounded() && $0 < 1e6 }) ?? true else {
      throw keys.bad(map["max_length"], "key max_length: expected an integer")
    }
    return .init(
      epochs: try number("epochs"), maximumLength: length.map { Int($0) }, learningRate: try number("learning_rate"))
  }
}
