import Support

/// One option of an optimizer: its key, type, default and range.
package struct OptionSpecification: Sendable {
  package enum Kind: Sendable {
    case number(ClosedRange<Double>)
    case integer(ClosedRange<Int>)
    /// One of some words.
    case choice([String])
    /// A number of steps, or the word `total` for all steps of the run.
    case steps
    /// Words with commas between them.
    case words
  }

  /// Kebab case, e.g. `update-gap`.
  package let key: String
  package let kind: Kind
  package let defaultValue: String
  package let help: String

  package init(_ key: String, _ kind: Kind, default defaultValue: String, _ help: String) {
    (self.key, self.kind, self.defaultValue, self.help) = (key, kind, defaultValue, help)
  }

  /// The accepted values in words, e.g. "a number from 0.0 to 1.0".
  package var expected: String {
    switch kind {
    case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .integer(let range):
      range.upperBound >= 1 << 30
        ? "an integer of at least \(range.lowerBound)" : "an integer from \(range.lowerBound) to \(range.upperBound)"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .steps: "an integer of at least 0, or total"
    case .words: "words with commas between them"
    }
  }

  /// Turns the words of a choice into kebab case, since they may be given in snake case too.
  func normalized(_ text: String) -> String {
    guard case .choice = kind else { return text }
    return SettingName.kebab(text)
  }

  package func accepts(_ text: String) -> Bool {
    switch kind {
    case .number(let range): Double(text).map(range.contains) ?? false
    case .integer(let range): Int(text).map(range.contains) ?? false
    case .choice(let words): words.contains(text)
    case .steps: text == "total" || (Int(text).map { $0 >= 0 } ?? false)
    case .words: !text.split(separator: ",", omittingEmptySubsequences: false).contains("")
    }
  }
}

/// Options that several optimizers share.
extension OptionSpecification {
  /// A factor of a moving average, in [0, 1).
  static func beta(_ key: String, _ value: String, _ help: String) -> OptionSpecification {
    OptionSpecification(key, .number(0...0.999_999_999), default: value, help)
  }

  static func flag(_ key: String, default value: Bool, _ help: String) -> OptionSpecification {
    OptionSpecification(key, .choice(["true", "false"]), default: value ? "true" : "false", help)
  }

  static func eps(_ value: String, key: String = "eps") -> OptionSpecification {
    OptionSpecification(key, .number(0...1), default: value, "added to the denominator")
  }

  /// The number of elements that share a scale. The choices are those of bitsandbytes.
  static func block(default value: String) -> OptionSpecification {
    OptionSpecification(
      "block", .choice(["64", "128", "256", "512", "1024", "2048", "4096"]), default: value,
      "consecutive elements that share a scale")
  }
}
