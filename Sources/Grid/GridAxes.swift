import Support
import Training

/// What varies over a grid, and what is the same in every cell, as given by flags or a file.
package struct GridAxes: Sendable {
  /// A setting that takes several values. `key` is a configuration key, or `optimizer_option.` and an option.
  package struct Axis: Sendable, Equatable {
    package let key: String
    package let values: [String]
  }

  static let optionPrefix = "optimizer_option."

  package private(set) var axes: [Axis] = []
  /// The same in all cells, by configuration key.
  package private(set) var fixed: [(key: String, text: String)] = []
  /// Optimizer options of all cells; a key may name its optimizer, as in `fira.rank`.
  package private(set) var options: [(key: String, value: String)] = []

  package init() {}

  /// Adds or replaces an axis.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` for no value, or one given twice.
  package mutating func setAxis(_ key: String, _ values: [String], origin: String) throws(GridError) {
    let key = GridAxes.canonicalKey(key)
    guard !values.isEmpty, !values.contains("") else {
      throw .badAxis(origin: origin, reason: "found an empty value, expected values separated by commas")
    }
    let canonical = values.map { GridAxes.canonical(key, $0) }
    for rival in ExclusiveGroup.rivals(of: key) { forget(rival) }
    if let twice = canonical.indices.first(where: { canonical[..<$0].contains(canonical[$0]) }) {
      throw .badAxis(origin: origin, reason: "\(values[twice]) is given twice")
    }
    forget(key)
    axes.append(Axis(key: key, values: canonical))
  }

  /// Sets what is the same in all cells, in place of what was set of it or of its exclusive group before.
  package mutating func setFixed(_ key: String, _ text: String) {
    for key in [key] + ExclusiveGroup.rivals(of: key) { forget(key) }
    fixed.append((key, GridAxes.canonical(key, text)))
  }

  package mutating func setOption(_ key: String, _ value: String) {
    let key = SettingName.kebab(key)
    axes.removeAll { $0.key == GridAxes.optionPrefix + key }
    options.removeAll { $0.key == key }
    options.append((key, value))
  }

  private mutating func forget(_ key: String) {
    axes.removeAll { $0.key == key }
    fixed.removeAll { $0.key == key }
  }

  /// Whether cells run that the plan says cannot fit; what they are does not depend on it.
  var isForced: Bool { values(of: "force") == ["true"] }

  func values(of key: String) -> [String]? {
    axes.first { $0.key == key }?.values ?? fixed.first { $0.key == key }.map { [$0.text] }
  }

  /// Options of optimizers may be given in snake case too.
  private static func canonicalKey(_ key: String) -> String {
    key.hasPrefix(optionPrefix) ? optionPrefix + SettingName.kebab(String(key.dropFirst(optionPrefix.count))) : key
  }

  /// `1e-3` and `0.001` are one rate, and one cell.
  static func canonical(_ key: String, _ text: String) -> String {
    key == "learning_rate" ? Double(text).map { "\($0)" } ?? text : text
  }
}
