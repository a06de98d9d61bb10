import Foundation
import Optimizers
import Support
import Tasks
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
  /// Learning rates of single optimizers, in place of the axis `learning_rate`.
  package private(set) var ownRates: [(optimizer: String, values: [String])] = []
  /// Settings of single tasks, in place of those that all cells share; of `data` the text is as `run` takes it, e.g.
  /// `cola=GLUE/CoLA`.
  package private(set) var ownSettings: [(task: String, key: String, text: String)] = []
  /// Axes of parts of the grid, each in place of those of the same settings; empty for a grid without parts.
  package private(set) var arms: [[Axis]] = []
  /// Tasks and optimizers that a file names, of which flags may choose some.
  private(set) var named: Set<String> = []
  /// The flags that set an axis, by key, so that a second flag for the same axis is refused.
  private var flags: [String: String] = [:]

  /// Whether the seed is all that may vary, so that a cell is named by it alone: `seed-1`.
  package var isOneRun = false

  package init() {}

  /// Gives all cells the settings and options of a command line or file. An option with several values, as in
  /// `fira.rank=4,8`, makes an axis.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)``.
  package mutating func setFixed(_ settings: RunSettings) throws(GridError) {
    for entry in settings.given {
      // Options of the command line come to those of a file, as the optimizer's do.
      let before = entry.key == "method_option" ? fixed.first { $0.key == entry.key }.map { $0.text + " " } : nil
      if entry.isFlag { try refuseInArms(entry.key, entry.origin) }
      setFixed(entry.key, (before ?? "") + entry.text)
    }
    for option in settings.optimizerOptions {
      let (key, origin) = (GridAxes.optionPrefix + option.key, "-O \(option.key)")
      if !isOneRun, option.value.contains(",") || AxisValues.isRange(option.value, key: key) {
        options.removeAll { $0.key == option.key }
        try setAxis(key, AxisValues.list(option.value, key: key, origin: origin), origin: origin)
      } else {
        setOption(option.key, option.value)
      }
    }
  }

  /// Adds an axis from a flag such as `--seeds 1,2`.
  ///
  /// - Parameter settings: the settings of the same command line.
  /// - Throws: ``GridError/badAxis(origin:reason:)``, also where the command line gives the single value or another
  ///   flag for the same axis too.
  package mutating func setAxis(_ key: String, flag: String, _ text: String, beside settings: RunSettings)
    throws(GridError)
  {
    try claim(key, flag, beside: settings)
    try setAxis(key, AxisValues.list(text, key: key, origin: flag), origin: flag)
  }

  /// Adds an axis from `--axis KEY=VALUES`, e.g. `batch-size=16,32` or `fira.rank=4..32/4`.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` or ``TrainingError`` for an unknown key or a wrong value.
  package mutating func setAxis(assignment text: String, beside settings: RunSettings) throws {
    let flag = "--axis"
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw GridError.badAxis(
        origin: "\(flag) \(text)", reason: "expected KEY=VALUES, e.g. batch_size=16,32 or warmup_ratio=0.01..0.2/5")
    }
    let given = String(text[..<equals])
    let snake = SettingName.snake(given)
    let known = Setting.all(of: .run).map(\.key).filter { !GridAxes.ownKeys.contains($0) }
    let key: String
    if snake.hasPrefix(GridAxes.optionPrefix) {
      key = GridAxes.canonicalKey(snake)
    } else if let dot = given.firstIndex(of: "."), OptimizerRegistry.names.contains(String(given[..<dot])) {
      key = GridAxes.canonicalKey(GridAxes.optionPrefix + given)
    } else {
      key = GridFile.plurals[snake] ?? snake
      guard known.contains(key) else { throw TrainingError.unknownKey(origin: flag, key: given, known: known) }
    }
    let origin = "\(flag) \(given)"
    try claim(key, origin, beside: settings)
    let values = try AxisValues.list(String(text[text.index(after: equals)...]), key: key, origin: origin)
    if !key.hasPrefix(GridAxes.optionPrefix) {
      // A wrong value is told here, with the flag that it was given to.
      for value in values { try RunSettings.check(key, value, origin: origin) }
    }
    try setAxis(key, values, origin: origin)
  }

  /// Sets the learning rates from `--learning-rates`, which may be repeated: `1e-5,1e-4` holds for every optimizer that
  /// has none of its own, `fira:1e-4..1e-2/5` for one.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)``.
  package mutating func setRates(_ texts: [String], flag: String, beside settings: RunSettings) throws(GridError) {
    guard !texts.isEmpty else { return }
    let key = "learning_rate"
    let shared = texts.filter { !$0.contains(":") }
    guard shared.count <= 1 else {
      throw .badAxis(
        origin: flag, reason: "given twice for all optimizers, expected rates once, and OPTIMIZER:RATES for one of them"
      )
    }
    try claim(key, flag, beside: settings)
    forget(key)
    for text in shared { try setAxis(key, AxisValues.list(text, key: key, origin: flag), origin: flag) }
    for text in texts {
      guard let colon = text.firstIndex(of: ":") else { continue }
      let optimizer = text[..<colon].trimmingCharacters(in: .whitespaces)
      let origin = "\(flag) \(optimizer)"
      let values = try AxisValues.list(String(text[text.index(after: colon)...]), key: key, origin: origin)
      try setRates(values, of: optimizer, origin: origin)
    }
  }

  /// Gives one optimizer learning rates of its own.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` for an empty list, a value given twice, or a second list.
  package mutating func setRates(_ values: [String], of optimizer: String, origin: String) throws(GridError) {
    guard !ownRates.contains(where: { $0.optimizer == optimizer }) else {
      throw .badAxis(origin: origin, reason: "the optimizer's rates are given twice")
    }
    ownRates.append((optimizer, try GridAxes.distinct(values, key: "learning_rate", origin: origin)))
  }

  /// Sets where the data are, from `--data`, which may be repeated: `cola=DIR` for one task, `DIR` for the others.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` for two folders for the same task.
  package mutating func setData(_ texts: [String]) throws(GridError) {
    guard !texts.isEmpty else { return }
    forget("data")
    let tasks = (values(of: "task") ?? []).map { (try? TaskRegistry.find($0).name) ?? $0 }
    var own: [(task: String, text: String)] = []
    for text in texts {
      let name = text.firstIndex(of: "=").map { String(text[..<$0]) } ?? ""
      if !Files.exists(text), tasks.contains(name) {
        own.append((name, text))
        continue
      }
      if !Files.exists(text), TaskRegistry.names.contains(name) {
        throw .badAxis(
          origin: "--data \(text)",
          reason: "the grid has no task \(name), expected one of \(tasks.joined(separator: ", "))")
      }
      if let other = values(of: "data")?.first {
        throw .badAxis(
          origin: "--data \(text)",
          reason: "\(other) is given too; expected one folder for all tasks, and TASK=DIR for single ones")
      }
      setFixed("data", text)
    }
    for (task, text) in own { try set("data", text, of: task, origin: "--data \(text)") }
  }

  /// Gives the cells of one task a value of their own.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` for a second value.
  mutating func set(_ key: String, _ text: String, of task: String, origin: String) throws(GridError) {
    guard !ownSettings.contains(where: { $0.task == task && $0.key == key }) else {
      throw .badAxis(origin: origin, reason: "\(key) of \(task) is given twice")
    }
    ownSettings.append((task, key, text))
  }

  /// Notes that a flag sets an axis.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` where another flag sets the same.
  private mutating func claim(_ key: String, _ flag: String, beside settings: RunSettings) throws(GridError) {
    try refuseInArms(key, flag)
    if let single = settings.given.first(where: { $0.key == key && $0.isFlag }) {
      throw .badAxis(origin: flag, reason: "\(single.key) \(single.text) is given too, expected one of the two")
    }
    if let other = flags.updateValue(flag, forKey: key) {
      throw .badAxis(origin: flag, reason: "\(other) is given too, expected one of the two")
    }
  }

  /// Refuses a flag for what the parts of a file decide, each for itself.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)``.
  private func refuseInArms(_ key: String, _ flag: String) throws(GridError) {
    guard arms.contains(where: { $0.contains { ([key] + ExclusiveGroup.rivals(of: key)).contains($0.key) } }) else {
      return
    }
    throw .badAxis(origin: flag, reason: "the file's arms decide \(key), each for itself; change it there")
  }

  /// Adds or replaces an axis.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` for no value, an empty value, or a value given twice.
  package mutating func setAxis(_ key: String, _ values: [String], origin: String) throws(GridError) {
    let key = GridAxes.canonicalKey(key)
    if ["task", "optimizer"].contains(key) { named.formUnion(values) }
    let distinct = try GridAxes.distinct(values, key: key, origin: origin)
    for rival in ExclusiveGroup.rivals(of: key) { forget(rival) }
    forget(key)
    axes.append(Axis(key: key, values: distinct))
  }

  /// The values in their canonical form, checked to be there and each to be given once.
  private static func distinct(_ values: [String], key: String, origin: String) throws(GridError) -> [String] {
    guard !values.isEmpty, !values.contains("") else {
      throw .badAxis(origin: origin, reason: "found an empty value, expected values separated by commas")
    }
    let canonical = values.map { GridAxes.canonical(key, $0) }
    if let twice = canonical.indices.first(where: { canonical[..<$0].contains(canonical[$0]) }) {
      throw .badAxis(origin: origin, reason: "\(values[twice]) is given twice")
    }
    return canonical
  }

  /// Gives all cells one value. This replaces earlier values of the key and of its exclusive group.
  package mutating func setFixed(_ key: String, _ text: String) {
    for key in [key] + ExclusiveGroup.rivals(of: key) { forget(key) }
    fixed.append((key, GridAxes.canonical(key, text)))
  }

  /// Gives a value to the cells that have none.
  mutating func setDefault(_ key: String, _ text: String) {
    if values(of: key) == nil { fixed.append((key, text)) }
  }

  /// Adds a part of the grid: settings that belong together, as a method and the rates that suit it.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` for an empty value or a value given twice.
  mutating func addArm(_ entries: [(key: String, values: [String])], origin: String) throws(GridError) {
    var arm: [Axis] = []
    for (key, values) in entries {
      let key = GridAxes.canonicalKey(key)
      arm.append(Axis(key: key, values: try GridAxes.distinct(values, key: key, origin: origin)))
    }
    arms.append(arm)
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
    if key == "learning_rate" { ownRates = [] }
    ownSettings.removeAll { $0.key == key }
  }

  /// Whether to run cells that the memory plan says cannot fit. This is no part of a cell's identity.
  var isForced: Bool { values(of: "force") == ["true"] }

  /// The flags of ``runningKeys`` for each cell, e.g. `--checkpoint-every 60s`.
  var runningArguments: [String] {
    GridCell.flags(GridAxes.runningKeys.sorted().compactMap { key in values(of: key)?.first.map { (key, $0) } })
  }

  /// The values of an axis, or the one shared value; `nil` when the key is not set. Those of all parts count.
  func values(of key: String) -> [String]? {
    let ofAll = axes.first { $0.key == key }?.values ?? fixed.first { $0.key == key }.map { [$0.text] }
    var values = ofAll ?? []
    for value in arms.flatMap({ $0.first { $0.key == key }?.values ?? [] }) where !values.contains(value) {
      values.append(value)
    }
    return values.isEmpty ? ofAll : values
  }

  /// The key with an optimizer option in kebab case, since users may write it in snake case too.
  static func canonicalKey(_ key: String) -> String {
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
