import Yams

/// Reads keys and values of a `task.yaml` node by node, so that every fault names its line.
struct DescriptionKeys {
  let path: String

  func bad(_ node: Node?, _ reason: String) -> TaskError {
    .badDescription(path: path, line: node?.mark?.line ?? 1, reason: reason)
  }

  /// A mapping whose keys must be among `allowed`.
  func mapping(_ node: Node, _ what: String, allowed: [String]) throws(TaskError) -> [String: Node] {
    var result: [String: Node] = [:]
    for (name, value) in try members(node, what) {
      guard allowed.contains(name) else {
        throw bad(value, "\(what): unknown key \(name); expected one of \(allowed.joined(separator: ", "))")
      }
      result[name] = value
    }
    return result
  }

  /// The members of a mapping in their order. A key that is given twice is an error.
  func members(_ node: Node, _ what: String) throws(TaskError) -> [(name: String, value: Node)] {
    guard case .mapping(let mapping) = node else { throw bad(node, "\(what): expected keys and values") }
    var (seen, result) = (Set<String>(), [(name: String, value: Node)]())
    for (key, value) in mapping {
      let name = try string(key, "key")
      guard seen.insert(name).inserted else { throw bad(key, "key \(name) is given twice") }
      result.append((name, value))
    }
    return result
  }

  func required(_ map: [String: Node], _ key: String, _ parent: Node) throws(TaskError) -> Node {
    guard let node = map[key] else { throw bad(parent, "key \(key) is missing") }
    return node
  }

  func string(_ node: Node, _ key: String) throws(TaskError) -> String {
    guard case .scalar(let scalar) = node else { throw bad(node, "key \(key): expected a single value") }
    return scalar.string
  }

  /// The text of a key, or an empty text where it is absent.
  func string(_ map: [String: Node], _ key: String) throws(TaskError) -> String {
    try map[key].map { (node) throws(TaskError) in try string(node, key) } ?? ""
  }

  func sequence(_ node: Node, _ key: String) throws(TaskError) -> [Node] {
    guard case .sequence(let sequence) = node, !sequence.isEmpty else {
      throw bad(node, "key \(key): expected a list of at least one entry")
    }
    return Array(sequence)
  }

  /// A list of texts; a single text is a list of one. Empty where the key is absent.
  func strings(_ map: [String: Node], _ key: String) throws(TaskError) -> [String] {
    guard let node = map[key] else { return [] }
    if case .scalar(let scalar) = node { return [scalar.string] }
    return try sequence(node, key).map { (node) throws(TaskError) in try string(node, key) }
  }

  func choice<Value: RawRepresentable & CaseIterable>(
    _ map: [String: Node], _ key: String, _ parent: Node
  ) throws(TaskError) -> Value where Value.RawValue == String {
    let node = try required(map, key, parent)
    let found = try string(node, key)
    guard let value = Value(rawValue: found) else {
      throw bad(
        node, "key \(key): found \(found), expected \(Value.allCases.map(\.rawValue).joined(separator: " or "))")
    }
    return value
  }

  /// `true` or `false`; `false` where the key is absent.
  func flag(_ map: [String: Node], _ key: String) throws(TaskError) -> Bool {
    guard let node = map[key] else { return false }
    switch try string(node, key) {
    case "true": return true
    case "false": return false
    case let found: throw bad(node, "key \(key): found \(found), expected true or false")
    }
  }

  /// A whole number of at least 1; `nil` where the key is absent.
  func count(_ map: [String: Node], _ key: String) throws(TaskError) -> Int? {
    guard let node = map[key] else { return nil }
    guard let value = Int(try string(node, key)), (1..<1_000_000_000).contains(value) else {
      throw bad(node, "key \(key): found \(try string(node, key)), expected an integer of at least 1")
    }
    return value
  }

  /// The path of a file inside the data folder, in one form for each file: `./a.tsv` is `a.tsv`.
  func file(_ node: Node, _ key: String) throws(TaskError) -> String {
    let file = try string(node, key)
    let steps = file.split(separator: "/").filter { $0 != "." }
    guard !steps.isEmpty, !file.hasPrefix("/"), !steps.contains("..") else {
      throw bad(node, "\(key): file \(file): expected a path inside the data folder")
    }
    return steps.joined(separator: "/")
  }

  /// The path of a field, which must mean something in files of that format.
  func path(_ node: Node, _ key: String, _ format: DataFormat) throws(TaskError) -> FieldPath {
    let text = try string(node, key)
    guard let path = FieldPath(text), path.fits(format) else {
      throw bad(node, "key \(key): found \"\(text)\", expected \(DescriptionKeys.fields(format))")
    }
    return path
  }

  /// A template: a text, a mapping of `template` and `filters`, or `{field: …}` with a name that holds braces.
  ///
  /// - Parameter isLiteral: whether a text without braces stands for itself, not for a field.
  func template(
    _ node: Node, _ key: String, _ format: DataFormat, isLiteral: Bool = false
  ) throws(TaskError) -> TextTemplate {
    var (text, filters) = ("", [TextFilter]())
    if case .scalar(let scalar) = node {
      text = scalar.string
    } else {
      let map = try mapping(node, key, allowed: ["template", "filters", "field"])
      if let field = map["field"] {
        if let extra = map["template"] ?? map["filters"] {
          throw bad(extra, "key \(key): expected either field, or template and filters")
        }
        return TextTemplate(field: try path(field, key, format))
      }
      text = try string(required(map, "template", node), "template")
      filters = try strings(map, "filters").map { (name) throws(TaskError) in
        guard let filter = TextFilter(name) else {
          throw bad(
            map["filters"], "filter \(name) is unknown; expected one of \(TextFilter.names.joined(separator: ", "))")
        }
        return filter
      }
    }
    let template: TextTemplate
    do throws(TextTemplate.Fault) { template = try TextTemplate(text, filters: filters, isLiteral: isLiteral) } catch {
      throw bad(node, "key \(key): \(error.reason)")
    }
    if let wrong = template.paths.first(where: { !$0.fits(format) }) {
      throw bad(node, "key \(key): found \"\(wrong.text)\", expected \(DescriptionKeys.fields(format))")
    }
    return template
  }

  /// One template or a list of them. Empty where the key is absent.
  func templates(
    _ map: [String: Node], _ key: String, _ format: DataFormat, areLiteral: Bool = false
  ) throws(TaskError) -> [TextTemplate] {
    guard let node = map[key] else { return [] }
    var nodes = [node]
    if case .sequence = node { nodes = try sequence(node, key) }
    return try nodes.map { (node) throws(TaskError) in try template(node, key, format, isLiteral: areLiteral) }
  }

  private static func fields(_ format: DataFormat) -> String {
    format.isTable ? "the name of a column" : "the path of a field such as question.stem or choices[*].text"
  }
}
