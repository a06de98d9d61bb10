import Support

/// The options of one optimizer after validation, with defaults for those that were not given.
package struct OptimizerOptions: Sendable {
  private let values: [String: String]
  /// Key and value of every option, in the order of the specification.
  package let resolved: [(key: String, value: String)]

  /// - Parameter given: keys in kebab or snake case; of two values of one key, the last counts.
  /// - Throws: ``OptimizerError`` for an option that is unknown, out of range or in conflict with another.
  package init(_ given: [(key: String, value: String)], for optimizer: OptimizerSpecification) throws(OptimizerError) {
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
      values[key] = value
    }
    resolved = optimizer.options.map { ($0.key, values[$0.key] ?? $0.defaultValue) }
    self.values = Dictionary(uniqueKeysWithValues: resolved.map { ($0.key, $0.value) })
    if let (key, expected) = optimizer.conflict(self) {
      throw .badOption(optimizer: optimizer.name, key: key, found: text(key), expected: expected)
    }
  }

  /// The value of an option as text. The option must be in the specification.
  package func text(_ key: String) -> String {
    guard let value = values[key] else { preconditionFailure("option \(key) is not in the specification") }
    return value
  }

  /// The value of a numeric option.
  package func number(_ key: String) -> Double {
    guard let value = Double(text(key)) else { preconditionFailure("option \(key) is not a number") }
    return value
  }

  /// The value of an option that counts steps, where the word `total` stands for `total`, the steps of the whole run.
  package func steps(_ key: String, total: Int) -> Int { text(key) == "total" ? total : integer(key) }

  /// The value of an option that is `true` or `false`.
  package func flag(_ key: String) -> Bool { text(key) == "true" }

  /// The value of an integer option.
  package func integer(_ key: String) -> Int {
    guard let value = Int(text(key)) else { preconditionFailure("option \(key) is not an integer") }
    return value
  }
}
