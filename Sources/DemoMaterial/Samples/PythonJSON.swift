import Support

/// JSON as Python's `json.dumps` writes it, which is what the official files were written with. Members keep their
/// order.
struct PythonJSON {
  /// Whether a character outside ASCII is written as `\uXXXX`. Beyond the basic plane it takes two such escapes.
  var escapes = true
  /// ARC's files have no blank after `,` and `:`.
  var compact = false
  /// The number of blanks of one level, or `nil` for everything on one line.
  var indent: Int?

  /// A line for each object.
  func lines(_ objects: [JSON]) -> String { objects.map { text($0) + "\n" }.joined() }

  func text(_ value: JSON, depth: Int = 0) -> String {
    switch value {
    case .object(let object):
      let members = object.members.map {
        string($0.key.description) + (compact ? ":" : ": ") + text($0.value, depth: depth + 1)
      }
      return enclosed("{", members, "}", depth)
    case .array(let array): return enclosed("[", array.map { text($0, depth: depth + 1) }, "]", depth)
    case .string(let bytes): return string(bytes.description)
    case .number(let digits): return digits
    case .bool(let value): return value ? "true" : "false"
    case .null: return "null"
    }
  }

  private func enclosed(_ open: String, _ items: [String], _ close: String, _ depth: Int) -> String {
    guard let indent, !items.isEmpty else {
      return open + items.joined(separator: compact ? "," : ", ") + close
    }
    let outer = "\n" + String(repeating: " ", count: indent * depth)
    let inner = outer + String(repeating: " ", count: indent)
    return open + inner + items.joined(separator: "," + inner) + outer + close
  }

  private func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 32 || escapes && !scalar.isASCII:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension JSON {
  static func members(_ pairs: KeyValuePairs<String, JSON>) -> JSON { .object(JSONObject(pairs)) }
}
