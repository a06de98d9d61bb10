import Support

/// A checkpoint's `config.json`, kept verbatim, with typed and bounded reading.
package struct HuggingFaceConfig: Sendable {
  package let path: String
  package private(set) var json: JSONObject

  /// - Throws: ``FileError`` or ``CheckpointError`` when the file is missing, too large or not a JSON object.
  package init(path: String) throws {
    try self.init(bytes: Files.read(path, limit: 16 << 20), path: path)
  }

  package init(bytes: [UInt8], path: String) throws(CheckpointError) {
    self.path = path
    let value: JSON
    do throws(JSONParseError) {
      value = try JSON.parse(bytes)
    } catch {
      throw .malformed(path: path, reason: error.description)
    }
    guard let object = value.object else {
      throw .malformed(path: path, reason: "found \(value.summary), expected an object")
    }
    json = object
  }

  /// A config made here.
  ///
  /// - Parameter origin: what messages call it, in place of a path.
  package init(_ json: JSONObject, origin: String) { (self.json, path) = (json, origin) }

  private func bad(_ key: String, _ found: JSON?, _ expected: String) -> CheckpointError {
    .badField(path: path, key: key, found: found?.summary ?? "nothing", expected: expected)
  }

  /// An absent key and `null` are the same, as in transformers.
  private func value(_ key: String) -> JSON? { json[key].flatMap { $0.isNull ? nil : $0 } }

  /// An integer, also when written as `12.0`.
  package func integer(_ key: String, in range: ClosedRange<Int> = 1...(1 << 24), default fallback: Int? = nil)
    throws(CheckpointError) -> Int
  {
    let expected = "an integer from \(range.lowerBound) to \(range.upperBound)"
    guard let found = value(key) else {
      if let fallback { return fallback }
      throw bad(key, nil, expected)
    }
    guard let integer = found.integer ?? found.double.flatMap(Int.init(exactly:)), range.contains(integer) else {
      throw bad(key, found, expected)
    }
    return integer
  }

  package func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil)
    throws(CheckpointError) -> Double
  {
    let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
    guard let found = value(key) else {
      if let fallback { return fallback }
      throw bad(key, nil, expected)
    }
    guard let number = found.double, range.contains(number) else { throw bad(key, found, expected) }
    return number
  }

  package func string(_ key: String, default fallback: String? = nil) throws(CheckpointError) -> String {
    guard let found = value(key) else {
      if let fallback { return fallback }
      throw bad(key, nil, "a string")
    }
    guard let text = found.string else { throw bad(key, found, "a string") }
    return text
  }

  package func bool(_ key: String, default fallback: Bool) throws(CheckpointError) -> Bool {
    guard let found = value(key) else { return fallback }
    guard let flag = found.bool else { throw bad(key, found, "true or false") }
    return flag
  }

  package func object(_ key: String) throws(CheckpointError) -> JSONObject? {
    guard let found = value(key) else { return nil }
    guard let object = found.object else { throw bad(key, found, "an object") }
    return object
  }

  package func unsupported(_ key: String, expected: String) -> CheckpointError {
    .unsupported(path: path, what: "key \(key):", found: value(key)?.summary ?? "nothing", expected: expected)
  }

  /// Class names in order of id, from `id2label`; `nil` when absent. A number is a name.
  package func labels() throws(CheckpointError) -> [String]? {
    guard let map = try object("id2label") else { return nil }
    var names = [String?](repeating: nil, count: map.members.count)
    for member in map.members {
      guard let id = Int(member.key.description), names.indices.contains(id), names[id] == nil else {
        throw bad(
          "id2label", .text(member.key.description),
          "the ids 0 to \(map.members.count - 1), each once, with their names")
      }
      // transformers takes any value for a name, and writes it as Python does.
      switch member.value {
      case .string(let name): names[id] = name.description
      case .number(let name): names[id] = name
      case .bool(let value): names[id] = value ? "True" : "False"
      default: throw bad("id2label.\(id)", member.value, "a name")
      }
    }
    return names.compactMap { $0 }
  }

  /// A copy for saving: verbatim but for what training decides.
  ///
  /// - Parameters:
  ///   - architecture: class name in transformers, e.g. `BertForSequenceClassification`.
  ///   - labels: names in order of id; `nil` leaves the labels as they are.
  ///   - problemType: `single_label_classification` or `regression`; `nil` removes it.
  package func saved(architecture: String, labels: [String]?, problemType: String?) -> HuggingFaceConfig {
    var copy = self
    copy.json["architectures"] = .array([.text(architecture)])
    if let labels {
      let byID = labels.enumerated().map { JSONObject.Member(ByteString(String($0)), .text($1)) }
      let byName = labels.enumerated().map { JSONObject.Member(ByteString($1), .integer($0)) }
      copy.json["id2label"] = .object(JSONObject(byID))
      copy.json["label2id"] = .object(JSONObject(byName))
      copy.json["num_labels"] = nil
      copy.json["problem_type"] = problemType.map(JSON.text)
    }
    // transformers 4 wrote torch_dtype, 5 writes dtype; a config of the time between has both, which must not disagree.
    let typeKeys = ["torch_dtype", "dtype"].filter { json[$0] != nil }
    for key in typeKeys.isEmpty ? ["dtype"] : typeKeys { copy.json[key] = .text("float32") }
    return copy
  }

  package func serialized() -> [UInt8] { JSON.object(json).serialized() }

  /// Replaces one key; for dropout and other settings given on the command line.
  package mutating func set(_ key: String, _ value: JSON?) { json[key] = value }
}
