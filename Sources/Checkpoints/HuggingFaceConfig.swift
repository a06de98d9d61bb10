import Support

/// A checkpoint's `config.json`, kept verbatim. Its values are read with a check of type and range.
package struct HuggingFaceConfig: Sendable {
  package let path: String
  package private(set) var json: JSONObject

  /// - Throws: ``FileError`` or ``CheckpointError`` when the file is missing, too large or not a JSON object.
  package init(path: String) throws {
    try self.init(bytes: Files.read(path, limit: 16 << 20), path: path)
  }

  /// - Throws: ``CheckpointError/malformed(path:reason:)`` when the bytes are not a JSON object.
  package init(bytes: [UInt8], path: String) throws(CheckpointError) {
    let file = try JSONField<CheckpointError>(bytes: bytes, path: path)
    guard let object = file.json?.object else {
      throw .malformed(path: path, reason: "found \(file.found), expected an object")
    }
    (json, self.path) = (object, path)
  }

  /// A config that does not come from a file.
  ///
  /// - Parameter origin: how messages name the config, in place of a path.
  package init(_ json: JSONObject, origin: String) { (self.json, path) = (json, origin) }

  private func field(_ key: String) -> JSONField<CheckpointError> { .init(json[key], path: path, key: key) }

  /// The value of a key; `null` counts as absent, as in transformers.
  private func value<Value>(_ key: String, _ kind: JSONKind<Value>, default fallback: Value?) throws(CheckpointError)
    -> Value
  {
    guard let fallback else { return try field(key).required(kind) }
    return try field(key).optional(kind) ?? fallback
  }

  /// An integer in `range`, also when written as `12.0`.
  ///
  /// - Throws: ``CheckpointError/badField(path:key:found:expected:)``, also for an absent key without a default.
  package func integer(_ key: String, in range: ClosedRange<Int> = 1...(1 << 24), default fallback: Int? = nil)
    throws(CheckpointError) -> Int
  {
    try value(key, .integer(in: range, orReal: true), default: fallback)
  }

  /// A number in `range`; throws like ``integer(_:in:default:)``.
  package func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil)
    throws(CheckpointError) -> Double
  {
    try value(key, .number(in: range), default: fallback)
  }

  /// A string; throws like ``integer(_:in:default:)``.
  package func string(_ key: String, default fallback: String? = nil) throws(CheckpointError) -> String {
    try value(key, .string, default: fallback)
  }

  /// A Boolean; throws like ``integer(_:in:default:)`` when the value is anything else.
  package func bool(_ key: String, default fallback: Bool) throws(CheckpointError) -> Bool {
    try value(key, .flag, default: fallback)
  }

  /// An object, or `nil` when absent; throws like ``integer(_:in:default:)`` when the value is anything else.
  package func object(_ key: String) throws(CheckpointError) -> JSONObject? {
    try field(key).optional(.object)
  }

  /// The error for a key whose value is valid but not supported.
  package func unsupported(_ key: String, expected: String) -> CheckpointError {
    .unsupported(path: path, what: "key \(key):", found: field(key).found, expected: expected)
  }

  /// Class names in the order of their ids, from `id2label`, e.g. `{"0": "no", "1": "yes"}`; `nil` when absent. Numbers
  /// and Booleans count as names.
  package func labels() throws(CheckpointError) -> [String]? {
    guard let map = try object("id2label") else { return nil }
    var names = [String?](repeating: nil, count: map.members.count)
    for member in map.members {
      guard let id = Int(member.key.description), names.indices.contains(id), names[id] == nil else {
        throw .badField(
          path: path, key: "id2label", found: JSON.string(member.key).summary,
          expected: "the ids 0 to \(map.members.count - 1), each once, with their names")
      }
      // transformers accepts any value as a name and writes it as Python does, e.g. `True`.
      switch member.value {
      case .string(let name): names[id] = name.description
      case .number(let name): names[id] = name
      case .bool(let value): names[id] = value ? "True" : "False"
      default: throw field("id2label")[member.key.description].fault("a name")
      }
    }
    return names.compactMap { $0 }
  }

  /// A copy for saving: only the keys that training decides differ.
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
    // transformers 4 wrote torch_dtype, and 5 writes dtype. A config may have both keys, which must agree.
    let typeKeys = ["torch_dtype", "dtype"].filter { json[$0] != nil }
    for key in typeKeys.isEmpty ? ["dtype"] : typeKeys { copy.json[key] = .text("float32") }
    return copy
  }

  /// The config as indented JSON text.
  package func serialized() -> [UInt8] { JSON.object(json).serialized() }

  /// Replaces one key, e.g. the dropout given on the command line; `nil` removes the key.
  package mutating func set(_ key: String, _ value: JSON?) { json[key] = value }
}
