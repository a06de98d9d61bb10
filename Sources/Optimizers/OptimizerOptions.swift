import Support

/// One option of an optimizer: its key, type, default and range.
public struct OptionSpecification: Sendable {
  public enum Kind: Sendable {
    case number(ClosedRange<Double>)
    case integer(ClosedRange<Int>)
    /// One of some words.
    case choice([String])
    /// A number of steps, or `total` for all of the run's.
    case steps
  }

  /// Kebab case, e.g. `update-gap`.
  public let key: String
  public let kind: Kind
  public let defaultValue: String
  public let help: String

  public init(_ key: String, _ kind: Kind, default defaultValue: String, _ help: String) {
    (self.key, self.kind, self.defaultValue, self.help) = (key, kind, defaultValue, help)
  }

  /// What is accepted, in words.
  public var expected: String {
    switch kind {
    case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .integer(let range):
      range.upperBound >= 1 << 30
        ? "an integer of at least \(range.lowerBound)" : "an integer from \(range.lowerBound) to \(range.upperBound)"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .steps: "an integer of at least 0, or total"
    }
  }

  /// Words may be given in snake case too.
  fileprivate func normalized(_ text: String) -> String {
    guard case .choice = kind else { return text }
    return SettingName.kebab(text)
  }

  fileprivate func accepts(_ text: String) -> Bool {
    switch kind {
    case .number(let range): Double(text).map(range.contains) ?? false
    case .integer(let range): Int(text).map(range.contains) ?? false
    case .choice(let words): words.contains(text)
    case .steps: text == "total" || (Int(text).map { $0 >= 0 } ?? false)
    }
  }
}

/// What an optimizer is: for its maker, `finetune list optimizers`, and results.
public struct OptimizerSpecification: Sendable {
  public let name: String
  public let summary: String
  /// Paper or package whose rule it follows.
  public let source: String
  public let options: [OptionSpecification]
  /// Rate for fine-tuning when nothing else names one.
  public let learningRate: Double
  /// Finds an option that contradicts another, and says what it should be.
  let conflict: @Sendable (OptimizerOptions) -> (key: String, expected: String)?

  init(
    name: String, summary: String, source: String, options: [OptionSpecification], learningRate: Double,
    conflict: @escaping @Sendable (OptimizerOptions) -> (key: String, expected: String)? = { _ in nil }
  ) {
    (self.name, self.summary, self.source) = (name, summary, source)
    (self.options, self.learningRate, self.conflict) = (options, learningRate, conflict)
  }
}

/// The options of one optimizer, checked and complete.
public struct OptimizerOptions: Sendable {
  private let values: [String: String]
  /// Key and value of every option, in the order of the specification.
  public let resolved: [(key: String, value: String)]

  /// - Parameter given: keys in kebab or snake case.
  /// - Throws: ``OptimizerError`` for an unknown, repeated or nonsensical option.
  public init(_ given: [(key: String, value: String)], for optimizer: OptimizerSpecification) throws(OptimizerError) {
    var values: [String: String] = [:]
    for (rawKey, rawValue) in given {
      let key = SettingName.kebab(rawKey)
      guard let option = optimizer.options.first(where: { $0.key == key }) else {
        throw .unknownOption(optimizer: optimizer.name, key: rawKey, known: optimizer.options.map(\.key))
      }
      let value = option.normalized(rawValue)
      guard option.accepts(value) else {
        throw .badOption(optimizer: optimizer.name, key: key, found: rawValue, expected: option.expected)
      }
      guard values.updateValue(value, forKey: key) == nil else {
        throw .duplicateOption(optimizer: optimizer.name, key: key)
      }
    }
    resolved = optimizer.options.map { ($0.key, values[$0.key] ?? $0.defaultValue) }
    self.values = Dictionary(uniqueKeysWithValues: resolved.map { ($0.key, $0.value) })
    if let (key, expected) = optimizer.conflict(self) {
      throw .badOption(optimizer: optimizer.name, key: key, found: text(key), expected: expected)
    }
  }

  /// A value of an option that the specification lists.
  package func text(_ key: String) -> String {
    guard let value = values[key] else { preconditionFailure("option \(key) is not in the specification") }
    return value
  }

  package func number(_ key: String) -> Double {
    guard let value = Double(text(key)) else { preconditionFailure("option \(key) is not a number") }
    return value
  }

  package func steps(_ key: String, total: Int) -> Int { text(key) == "total" ? total : integer(key) }

  package func flag(_ key: String) -> Bool { text(key) == "true" }

  package func integer(_ key: String) -> Int {
    guard let value = Int(text(key)) else { preconditionFailure("option \(key) is not an integer") }
    return value
  }
}

extension OptionSpecification {
  /// Averaging factors lie in [0, 1).
  static func beta(_ key: String, _ value: String, _ help: String) -> OptionSpecification {
    OptionSpecification(key, .number(0...0.999_999_999), default: value, help)
  }

  static func flag(_ key: String, default value: Bool, _ help: String) -> OptionSpecification {
    OptionSpecification(key, .choice(["true", "false"]), default: value ? "true" : "false", help)
  }

  static func eps(_ value: String, key: String = "eps") -> OptionSpecification {
    OptionSpecification(key, .number(0...1), default: value, "added to the denominator")
  }
}
