import Foundation
import Support
import Training

/// The settings of a grid, from flags or a file: the axes that vary, and the values that all cells share.
package struct GridAxes: Sendable {
  /// A setting with several values. `key` is a configuration key such as `learning_rate`, or `optimizer_option.` and an
  /// option's name, as in `optimizer_option.beta1`.
  package struct Axis: Sendable, Equatable {
    package let key: String
    package let values: [String]
  }

  static let optionPrefix = "optimizer_option."

  package private(set) var axes: [Axis] = []
  /// Settings that all cells share, by configuration key.
  package private(set) var fixed: [(key: String, text: String)] = []
  /// Optimizer options that all cells share; a key may name its optimizer, as in `fira.rank`.
  package private(set) var options: [(key: String, value: String)] = []

  /// Whether the seed is all that varies, so that a cell is named by it alone: `seed-1`.
  package var isOneRun = false

  package init() {}

  /// Gives all cells the settings and options of a command line or file.
  package mutating func setFixed(_ settings: RunSettings) {
    for entry in settings.given { setFixed(entry.key, entry.text) }
    for option in settings.optimizerOptions { setOption(option.key, option.value) }
  }

  /// Adds an axis from a flag such as `--seeds 1,2`.
  ///
  /// - Parameter settings: the settings of the same command line.
  /// - Throws: ``GridError/badAxis(origin:reason:)``, also where the command line gives the single value too.
  package mutating func setAxis(_ key: String, flag: String, _ text: String, beside settings: RunSettings)
    throws(GridError)
  {
    if let single = settings.given.first(where: { $0.key == key && $0.isFlag }) {
      throw .badAxis(origin: flag, reason: "\(single.key) \(single.text) is given too, expected one of the two")
    }
    let values = text.split(separator: ",", omittingEmptySubsequences: false)
    try setAxis(key, values.map { $0.trimmingCharacters(in: .whitespaces) }, origin: flag)
  }

  /// Adds or replaces an axis.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` for no value, an empty value, or a value given twice.
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

  /// Gives all cells one value. This replaces earlier values of the key and of its exclusive group.
  package mutating func setFixed(_ key: String, _ text: String) {
    for key in [key] + ExclusiveGroup.rivals(of: key) { forget(key) }
    fixed.append((key, GridAxes.canonical(key, text)))
  }

  /// Gives all cells one value of an optimizer option. This replaces earlier values of the option.
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

  /// Whether to run cells that the memory plan says cannot fit. This is no part of a cell's identity.
  var isForced: Bool { values(of: "force") == ["true"] }

  /// Whether cells write event files for tensorboard. This is no part of a cell's identity either.
  var writesEvents: Bool { values(of: "tensorboard") == ["true"] }

  /// The values of an axis, or the one shared value; `nil` when the key is not set.
  func values(of key: String) -> [String]? {
    axes.first { $0.key == key }?.values ?? fixed.first { $0.key == key }.map { [$0.text] }
  }

  /// The key with an optimizer option in kebab case, since users may write it in snake case too.
  private static func canonicalKey(_ key: String) -> String {
    key.hasPrefix(optionPrefix) ? optionPrefix + SettingName.kebab(String(key.dropFirst(optionPrefix.count))) : key
  }

  /// The text in one form for each value: `1e-3` and `0.001` are one learning rate, and one cell; so are `+3` and `3`.
  static func canonical(_ key: String, _ text: String) -> String {
    switch key {
    case "learning_rate": Double(text).map { "\($0)" } ?? text
    case "seed": UInt64(text).map { "\($0)" } ?? text
    default: text
    }
  }
}
