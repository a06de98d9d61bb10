import Support

/// The setting `method_option`: options of the method, `rank=8 alpha=16`. On the command line also `-M rank=8 -M alpha=16`.
package struct MethodOptions: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package let key: String
    package let value: String
  }

  /// Each key once, in kebab case.
  package private(set) var entries: [Entry] = []

  static let expected = "KEY=VALUE, several with spaces between them, e.g. \"rank=8 alpha=16\""

  package init() {}

  /// - Returns: `nil` where the text is not `KEY=VALUE KEY=VALUE …`. Of two values of one key, the last counts.
  package init?(_ text: String) {
    for part in text.split(separator: " ") {
      guard let equals = part.firstIndex(of: "="), equals != part.startIndex, part.index(after: equals) != part.endIndex
      else { return nil }
      let key = SettingName.kebab(String(part[..<equals]))
      set(Entry(key: key, value: String(part[part.index(after: equals)...])))
    }
    guard !entries.isEmpty else { return nil }
  }

  /// The options that apply to a method, without its name. A key may name its method, as in `lora.rank`.
  ///
  /// - Parameter methods: those that a key may name.
  /// - Returns: `nil` with the first key that names another.
  package func of(_ method: String, among methods: [String]) -> (options: MethodOptions, unknown: String?) {
    var options = MethodOptions()
    for entry in entries {
      guard let dot = entry.key.firstIndex(of: ".") else {
        options.set(entry)
        continue
      }
      let owner = String(entry.key[..<dot])
      guard methods.contains(owner) else { return (options, entry.key) }
      if owner == method {
        options.set(Entry(key: String(entry.key[entry.key.index(after: dot)...]), value: entry.value))
      }
    }
    return (options, nil)
  }

  private mutating func set(_ entry: Entry) {
    entries.removeAll { $0.key == entry.key }
    entries.append(entry)
  }

  package var text: String { entries.map { "\($0.key)=\($0.value)" }.joined(separator: " ") }
}

extension MethodOptions: SettingValue {
  static func parse(_ text: String) -> MethodOptions? { MethodOptions(text) }
  var json: JSON { entries.isEmpty ? .null : .text(text) }
}

extension RunSettings {
  /// Adds `KEY=VALUE`, e.g. `rank=8`, to the method's options. A later value of the same key replaces the earlier.
  ///
  /// - Throws: ``TrainingError`` for a text of another form, or a command without methods.
  package mutating func addMethodOption(_ text: String) throws(TrainingError) {
    guard !text.contains(" "), MethodOptions(text) != nil else {
      throw .badSetting(
        origin: "--method-option", key: "method_option", found: "\"\(text)\"", expected: "KEY=VALUE, e.g. rank=8")
    }
    try set("method_option", methodOptions.text + " " + text, origin: "--method-option")
  }
}
