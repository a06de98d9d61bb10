import Foundation
import Support

/// Checks JSON against one of the schemas in `docs/schemas` (JSON Schema, draft 2020-12).
///
/// It covers the keywords that those schemas use. A keyword that it does not know is an error, because a rule that is
/// silently not applied would make a test that cannot fail.
public struct JSONSchema {
  /// A schema with a keyword, or a value of one, that this validator does not know.
  public struct Unsupported: Error, Equatable { public let what: String }

  private let root: JSON

  /// Reads `docs/schemas/<name>.schema.json`.
  public init(named name: String) throws {
    let path = SharedData.packageRoot + "/docs/schemas/\(name).schema.json"
    try self.init(JSON.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path)))))
  }

  package init(_ root: JSON) throws {
    self.root = root
    try JSONSchema.check(root)
  }

  /// What is wrong with the file at `path`, one sentence for each fault, e.g. `$.best.step: expected integer`.
  public func faults(inFile path: String) throws -> [String] {
    faults(try JSON.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path)))))
  }

  package func faults(_ value: JSON) -> [String] { faults(value, root, at: "$") }

  // MARK: The schema itself

  private static let notes: Set = ["$schema", "$id", "title", "description"]

  /// Refuses a keyword, anywhere in the schema, that is not applied.
  private static func check(_ schema: JSON) throws {
    if schema.bool != nil { return }
    guard let members = schema.object?.members else { throw Unsupported(what: schema.summary) }
    for member in members {
      let (key, value) = (member.key.description, member.value)
      switch key {
      case "$defs", "properties": for entry in value.object?.members ?? [] { try check(entry.value) }
      case "additionalProperties", "items", "if", "then", "else": try check(value)
      case "$ref": guard value.string?.hasPrefix("#/$defs/") == true else { throw Unsupported(what: "$ref") }
      case "pattern": _ = try Regex(value.string ?? "")
      case "type", "enum", "const", "required", "minItems", "minLength", "minimum", "exclusiveMinimum": break
      default: guard notes.contains(key) else { throw Unsupported(what: key) }
      }
    }
  }

  // MARK: The value

  private func faults(_ value: JSON, _ schema: JSON, at place: String) -> [String] {
    if let all = schema.bool { return all ? [] : ["\(place): is not expected"] }
    var faults: [String] = []
    func require(_ fits: Bool, _ expected: String) {
      if !fits { faults.append("\(place): \(value.summary): expected \(expected)") }
    }
    for member in schema.object?.members ?? [] {
      let rule = member.value
      switch member.key.description {
      case "$ref":
        let name = String(rule.string?.dropFirst("#/$defs/".count) ?? "")
        guard let definition = root["$defs"]?[name] else {
          faults.append("\(place): the schema has no definition \(name)")
          continue
        }
        faults += self.faults(value, definition, at: place)
      case "type":
        let types = rule.array?.compactMap(\.string) ?? [rule.string ?? ""]
        require(types.contains { JSONSchema.isOf($0, value) }, types.joined(separator: " or "))
      case "enum": require(rule.array?.contains { JSONSchema.isEqual($0, value) } == true, "one of \(text(rule))")
      case "const": require(JSONSchema.isEqual(rule, value), text(rule))
      case "required":
        guard let object = value.object else { continue }
        for key in (rule.array ?? []).compactMap(\.string) where object[key] == nil {
          faults.append("\(place): \(key) is missing")
        }
      case "properties":
        for entry in rule.object?.members ?? [] {
          let key = entry.key.description
          if let inner = value[key] { faults += self.faults(inner, entry.value, at: "\(place).\(key)") }
        }
      case "additionalProperties":
        let known = schema["properties"]?.object
        for entry in value.object?.members ?? [] where known?[entry.key.description] == nil {
          faults += self.faults(entry.value, rule, at: "\(place).\(entry.key)")
        }
      case "items":
        for (index, item) in (value.array ?? []).enumerated() {
          faults += self.faults(item, rule, at: "\(place)[\(index)]")
        }
      case "minItems": require((value.array?.count ?? .max) >= rule.integer ?? 0, "at least \(text(rule)) items")
      case "minLength":
        require((value.string?.unicodeScalars.count ?? .max) >= rule.integer ?? 0, "at least \(text(rule)) characters")
      case "minimum": require((value.double ?? .infinity) >= rule.double ?? 0, "at least \(text(rule))")
      case "exclusiveMinimum": require((value.double ?? .infinity) > rule.double ?? 0, "more than \(text(rule))")
      case "pattern":
        guard let text = value.string, let pattern = rule.string else { continue }
        require((try? Regex(pattern))?.firstMatchExists(in: text) == true, "a text like \(pattern)")
      case "if":
        let branch = self.faults(value, rule, at: place).isEmpty ? schema["then"] : schema["else"]
        if let branch { faults += self.faults(value, branch, at: place) }
      default: continue
      }
    }
    return faults
  }

  private func text(_ json: JSON) -> String { String(decoding: json.serialized(compact: true), as: UTF8.self) }

  private static func isOf(_ type: String, _ value: JSON) -> Bool {
    switch value {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    // An integer may be written as 1.0 or 1e2.
    case .number: type == "number" || type == "integer" && value.double.map { $0 == $0.rounded() } == true
    }
  }

  private static func isEqual(_ left: JSON, _ right: JSON) -> Bool {
    if let a = left.double, let b = right.double { return a == b }
    return left == right
  }
}

extension Regex {
  fileprivate func firstMatchExists(in text: String) -> Bool { (try? firstMatch(in: text)) != nil }
}
