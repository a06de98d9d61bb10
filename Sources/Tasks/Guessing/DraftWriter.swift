import Support

/// Writes the lines of a `task.yaml`.
struct DraftWriter {
  var lines: [String] = []
  /// What is marked with CHECK.
  private(set) var checks: [String] = []

  mutating func add(_ key: String, _ value: String, note: String? = nil) {
    lines.append("\(key): \(DraftWriter.value(value))" + (note.map { "  # \($0)" } ?? ""))
  }

  /// A template, or the name of a field of the file, which is no template even where it holds braces.
  mutating func add(_ key: String, template: String, of fields: [GuessedField]) {
    lines.append("\(key): \(DraftWriter.template(template, of: fields))")
  }

  static func template(_ text: String, of fields: [GuessedField]) -> String {
    let isField = !TaskGuess.isPlain(text) && fields.contains { $0.name == text }
    return isField ? "{field: \(quoted(text))}" : value(text)
  }

  /// A comment above the next line.
  mutating func comment(_ text: String, indent: Int = 0, check: String? = nil) {
    let blanks = String(repeating: " ", count: indent)
    lines.append(blanks + "# " + text)
    guard let check else { return }
    lines.append(blanks + "# CHECK: " + check)
    checks.append(check)
  }

  /// A YAML value that stands for this text, quoted where a plain one would mean something else.
  static func value(_ text: String) -> String {
    let isPlain =
      text.unicodeScalars.first.map { $0.isASCII && $0.properties.isAlphabetic } ?? false
      && text.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "_-.".unicodeScalars.contains($0))
      }
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"]
    return isPlain && !words.contains(text.lowercased()) ? text : quoted(text)
  }

  /// The text between double quotes, whose escapes are those of JSON.
  static func quoted(_ text: String) -> String {
    String(decoding: JSON.text(text).serialized(compact: true), as: UTF8.self)
  }
}
