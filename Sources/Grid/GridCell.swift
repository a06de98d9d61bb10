import Checkpoints
import Optimizers
import Support
import Tasks
import Training

/// One run of a grid: all of its settings, and the name of its folder.
package struct GridCell: Sendable {
  package let name: String
  /// Configuration keys and their values as text, in the order in which `run` gets them.
  package let settings: [(key: String, text: String)]
  /// Options of this cell's optimizer, by option name without the optimizer's.
  package let options: [(key: String, value: String)]
  /// Keys of the axes that apply to this cell.
  let varying: [String]
  /// The values of the axes that the cell was made from.
  let combination: [(key: String, text: String)]
  /// What cells have in common that differ only in learning rate and seed, as one text.
  let arm: String
  /// Whether the cell's learning rate lies beyond those given, see ``RateExtension``.
  var isExtended = false

  /// The text of a setting; `nil` when the cell does not set the key.
  package func setting(_ key: String) -> String? { settings.first { $0.key == key }?.text }

  package var task: String { setting("task") ?? "" }
  package var optimizer: String { setting("optimizer") ?? RunSettings().optimizer }
  package var seed: String { setting("seed") ?? String(RunSettings().seed) }

  /// The cell's command line after the program's name, e.g. `run --task cola --seed 1 --output runs/grid/a`.
  package func arguments(output: String) -> [String] {
    ["run"] + GridCell.flags(settings) + options.flatMap { ["-O", "\($0.key)=\($0.value)"] } + ["--output", output]
  }

  /// Settings as flags of `run`.
  static func flags(_ settings: [(key: String, text: String)]) -> [String] {
    settings.flatMap { key, text -> [String] in
      guard let entry = Setting.all(of: .run).first(where: { $0.key == key }) else { return [] }
      return entry.isFlag ? (text == "true" ? [entry.flag] : []) : [entry.flag, text]
    }
  }

  /// The settings that differ between cells, e.g. `batch_size=16`; the seed and what orders the table are left out.
  var variant: String {
    varying.compactMap { key -> String? in
      guard !["task", "optimizer", "learning_rate", "seed"].contains(key) else { return nil }
      if key.hasPrefix(GridAxes.optionPrefix) {
        let option = String(key.dropFirst(GridAxes.optionPrefix.count))
        return options.first { $0.key == option }.map { "\(option)=\($0.value)" }
      }
      return setting(key).map { "\(key)=\($0)" }
    }.joined(separator: " ")
  }

  /// The cell's settings as `run` would read them.
  func runSettings() throws -> RunSettings {
    var result = RunSettings()
    try result.take(settings.map { GivenSetting(flag: $0.key, $0.text) })
    for (key, value) in options { try result.addOptimizerOption("\(key)=\(value)", origin: "--optimizer-option") }
    return result
  }

  /// All settings and options of this cell, which tell whether a recorded cell is the same.
  var identity: JSON {
    .object(
      JSONObject([
        "settings": .object(
          JSONObject(settings.sorted { $0.key < $1.key }.map { .init(ByteString($0.key), .text($0.text)) })),
        "optimizer_option": .object(
          JSONObject(options.sorted { $0.key < $1.key }.map { .init(ByteString($0.key), .text($0.value)) })),
      ]))
  }
}

extension GridAxes {
  /// Keys that set up the grid itself, not its cells.
  static let ownKeys: Set<String> = [
    "output", "overwrite", "resume", "checkpoint_every", "quiet", "json", "force", "tensorboard", "profile",
  ]
  /// Those of them that say how cells run, and that a file may therefore set.
  static let runningKeys: Set<String> = ["force", "checkpoint_every", "tensorboard"]
  private static let standardOrder = ["seed", "task", "optimizer", "learning_rate"]

  /// The cells of every combination of values, all checked, in a fixed order.
  ///
  /// The seed is outermost: every setting runs with the first seed before any runs with the second. A grid that is
  /// stopped early has then tried all of its settings.
  ///
  /// - Throws: ``GridError``, ``TrainingError``, ``OptimizerError``, ``TaskError`` or ``CheckpointError`` for settings
  ///   with which no cell could run.
  package func cells() throws -> [GridCell] {
    guard values(of: "task") != nil else {
      throw GridError.missing(what: "--tasks", expected: "one or more of \(TaskRegistry.names.joined(separator: ", "))")
    }
    let optimizers = values(of: "optimizer") ?? [RunSettings().optimizer]
    for (optimizer, values) in ownRates where !optimizers.contains(optimizer) && !named.contains(optimizer) {
      throw GridError.badAxis(
        origin: "learning rates \(optimizer):\(values.joined(separator: ","))",
        reason: "the grid has no optimizer \(optimizer), expected one of \(optimizers.joined(separator: ", "))")
    }
    let rank = { (key: String) -> Int in
      GridAxes.standardOrder.firstIndex(of: key) ?? GridAxes.standardOrder.count
    }
    var axes = axes
    if !ownRates.isEmpty, !axes.contains(where: { $0.key == "learning_rate" }) {
      axes.append(Axis(key: "learning_rate", values: []))
    }
    var combinations: [[(key: String, text: String)]] = []
    for (part, arm) in parts(axes) {
      let ordered = part.enumerated().sorted { (rank($0.element.key), $0.offset) < (rank($1.element.key), $1.offset) }
      var found: [[(key: String, text: String)]] = [[]]
      for (_, axis) in ordered {
        found = found.flatMap { before -> [[(key: String, text: String)]] in
          let optimizer = before.first { $0.key == "optimizer" }?.text ?? sharedOptimizer
          let isOwn = axis.key == "learning_rate" && !arm.contains { $0.key == axis.key }
          let own = isOwn ? ownRates.first { $0.optimizer == optimizer }?.values : nil
          let values = own ?? axis.values
          // Beside rates for other optimizers only, an optimizer has its preset.
          return values.isEmpty ? [before] : values.map { before + [(axis.key, $0)] }
        }
      }
      combinations += found
    }
    // One seed of all parts before any other.
    let seeds = values(of: "seed") ?? []
    func place(_ combination: [(key: String, text: String)]) -> Int {
      combination.first { $0.key == "seed" }.flatMap { seeds.firstIndex(of: $0.text) } ?? 0
    }
    if !arms.isEmpty {
      combinations =
        seeds.isEmpty
        ? combinations : seeds.indices.flatMap { seed in combinations.filter { place($0) == seed } }
    }
    var cells: [GridCell] = []
    var seen: [String: JSON] = [:]
    for combination in combinations {
      let cell = try cell(combination)
      // Combinations that differ only in another optimizer's option give the same cell.
      if let other = seen[cell.name] {
        guard other == cell.identity else {
          throw GridError.badAxis(
            origin: "grid", reason: "two cells would have the name \(cell.name); give tasks and values distinct names")
        }
        continue
      }
      seen[cell.name] = cell.identity
      cells.append(cell)
    }
    let tasks = Set(
      (cells.map(\.task) + named).flatMap { [$0] + ((try? TaskRegistry.find($0).name).map { [$0] } ?? []) })
    if let (task, key, text) = ownSettings.first(where: { !tasks.contains($0.task) }) {
      throw GridError.badAxis(origin: "\(key) \(text)", reason: "the grid has no task \(task)")
    }
    return cells
  }

  /// The optimizer of the cells for which no axis chooses one.
  private var sharedOptimizer: String { fixed.first { $0.key == "optimizer" }?.text ?? RunSettings().optimizer }

  /// The axes of each part of the grid.
  private func parts(_ axes: [Axis]) -> [(axes: [Axis], arm: [Axis])] {
    guard !arms.isEmpty else { return [(axes, [])] }
    return arms.map { arm in
      let taken = Set(arm.flatMap { [$0.key] + ExclusiveGroup.rivals(of: $0.key) })
      return (axes.filter { !taken.contains($0.key) } + arm, arm)
    }
  }

  /// A cell with the settings of another, but with this learning rate.
  ///
  /// - Throws: as ``cells()``.
  func cell(like other: GridCell, learningRate: String) throws -> GridCell {
    let rate = GridAxes.canonical("learning_rate", learningRate)
    var cell = try cell(other.combination.map { $0.key == "learning_rate" ? ($0.key, rate) : $0 })
    cell.isExtended = true
    return cell
  }

  private func cell(_ values: [(key: String, text: String)]) throws -> GridCell {
    let optimizers = self.values(of: "optimizer") ?? [RunSettings().optimizer]
    let optimizer = values.first { $0.key == "optimizer" }?.text ?? sharedOptimizer
    let own = values.filter { !$0.key.hasPrefix(GridAxes.optionPrefix) }
    let taken = Set(own.flatMap { [$0.key] + ExclusiveGroup.rivals(of: $0.key) })
    var settings = (own + fixed.filter { !taken.contains($0.key) })
      .filter { !GridAxes.ownKeys.contains($0.key) }
    let name = settings.first { $0.key == "task" }?.text ?? ""
    let tasks = [name] + ((try? TaskRegistry.find(name).name).map { [$0] } ?? [])
    for (_, key, text) in ownSettings.filter({ tasks.contains($0.task) }) {
      settings.removeAll { ([key] + ExclusiveGroup.rivals(of: key)).contains($0.key) }
      settings.append((key, text))
    }
    settings = try applyingMethodOptions(settings)
    let shared = try options(self.options, of: optimizer, among: optimizers)
    let varying = try options(
      values.filter { $0.key.hasPrefix(GridAxes.optionPrefix) }.map {
        (String($0.key.dropFirst(GridAxes.optionPrefix.count)), $0.text)
      }, of: optimizer, among: optimizers)
    // An option that varies replaces the shared one; of two values with one key, the last counts.
    var options: [(key: String, value: String)] = []
    for entry in shared + varying {
      options.removeAll { $0.key == entry.key }
      options.append(entry)
    }
    var scratch = RunSettings()
    try scratch.take(settings.map { GivenSetting(flag: $0.key, $0.text) })
    let task = try TaskRegistry.find(scratch.task ?? "", format: scratch.format)
    try check(scratch, task, options, optimizer: optimizer, optimizers: optimizers)
    for (key, value) in options { try scratch.addOptimizerOption("\(key)=\(value)", origin: "--optimizer-option") }
    try scratch.checkCombinations()

    var parts = [task.name, optimizer]
    if let rate = scratch.learningRate { parts.append("lr\(rate)") }
    let named = own.filter { !["task", "optimizer", "learning_rate", "seed"].contains($0.key) }
    for (key, text) in named + varying.map({ ($0.key, $0.value) }) {
      parts.append(SettingName.kebab(key) + "-" + text)
    }
    return GridCell(
      name: isOneRun
        ? "seed-\(scratch.seed)" : FolderName.make(parts.joined(separator: "-"), end: "seed\(scratch.seed)"),
      settings: settings,
      options: options,
      varying: own.map(\.key) + varying.map { GridAxes.optionPrefix + $0.key }, combination: values,
      arm: (settings.filter { $0.key != "seed" && $0.key != "learning_rate" }.map { "\($0.key)=\($0.text)" }.sorted()
        + options.map { "-O \($0.key)=\($0.value)" }.sorted()).joined(separator: "\n"))
  }

  /// Leaves of the method's options those that apply to the cell's method.
  private func applyingMethodOptions(_ settings: [(key: String, text: String)]) throws(GridError) -> [(
    key: String, text: String
  )] {
    let key = "method_option"
    guard let index = settings.firstIndex(where: { $0.key == key }),
      let given = MethodOptions(settings[index].text)
    else { return settings }
    let methods = values(of: "method") ?? [RunSettings().method.rawValue]
    let method = settings.first { $0.key == "method" }?.text ?? RunSettings().method.rawValue
    let (own, unknown) = given.of(method, among: methods)
    if let unknown {
      throw .badAxis(
        origin: "-M \(unknown)",
        reason: "the grid has no such method, expected one of \(methods.joined(separator: ", ")) before the dot")
    }
    var settings = settings
    if own.entries.isEmpty { settings.remove(at: index) } else { settings[index].text = own.text }
    return settings
  }

  /// The options that apply to one optimizer, without its name. A key may name its optimizer, as in `fira.rank`.
  private func options(_ given: [(key: String, value: String)], of optimizer: String, among optimizers: [String])
    throws(GridError) -> [(key: String, value: String)]
  {
    var own: [(key: String, value: String)] = []
    for (rawKey, value) in given {
      let key = SettingName.kebab(rawKey)
      guard let dot = key.firstIndex(of: ".") else {
        own.append((key, value))
        continue
      }
      let owner = String(key[..<dot])
      guard optimizers.contains(owner) else {
        throw .badAxis(
          origin: "-O \(key)=\(value)",
          reason: "the grid has no optimizer \(owner), expected one of \(optimizers.joined(separator: ", "))")
      }
      if owner == optimizer { own.append((String(key[key.index(after: dot)...]), value)) }
    }
    return own
  }

  /// Refuses now what would otherwise fail after hours.
  private func check(
    _ settings: RunSettings, _ task: BenchmarkTask, _ options: [(key: String, value: String)], optimizer: String,
    optimizers: [String]
  ) throws {
    let specification = try OptimizerRegistry.specification(optimizer)
    do throws(OptimizerError) { _ = try OptimizerOptions(options, for: specification) } catch {
      if case .unknownOption(_, let key, _) = error { try suggestOwner(key, optimizer: optimizer, of: optimizers) }
      throw error
    }
    _ = try task.locateData(settings.data.map(task.dataPath))
    guard SearchPath(.checkpoints).find(settings.model) != nil else {
      throw CheckpointError.noSuchFolder(path: settings.model)
    }
  }

  /// Throws a hint when only other optimizers of the grid have the option: its key then needs an optimizer's name in
  /// front.
  private func suggestOwner(_ key: String, optimizer: String, of optimizers: [String]) throws {
    let owners = try optimizers.filter { name in
      try OptimizerRegistry.specification(name).options.contains { $0.key == key }
    }
    guard let owner = owners.first else { return }
    throw GridError.badAxis(
      origin: "-O \(key)",
      reason: "\(optimizer) has no such option; write \(owner).\(key) where it is meant for \(owner) alone")
  }
}
