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

  /// The text of a setting; `nil` when the cell does not set the key.
  package func setting(_ key: String) -> String? { settings.first { $0.key == key }?.text }

  package var task: String { setting("task") ?? "" }
  package var optimizer: String { setting("optimizer") ?? RunSettings().optimizer }
  package var seed: String { setting("seed") ?? String(RunSettings().seed) }

  /// The cell's command line after the program's name, e.g. `run --task cola --seed 1 --output runs/grid/a`.
  package func arguments(output: String) -> [String] {
    var arguments = ["run"]
    for (key, text) in settings {
      guard let entry = Setting.all(of: .run).first(where: { $0.key == key }) else { continue }
      if !entry.isFlag { arguments += [entry.flag, text] } else if text == "true" { arguments.append(entry.flag) }
    }
    for (key, value) in options { arguments += ["-O", "\(key)=\(value)"] }
    return arguments + ["--output", output]
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
  static let ownKeys: Set<String> = ["output", "overwrite", "quiet", "json", "force", "tensorboard"]
  private static let standardOrder = ["task", "optimizer", "learning_rate"]

  /// The cells of every combination of values, all checked, in a fixed order with the seed innermost.
  ///
  /// - Throws: ``GridError``, ``TrainingError``, ``OptimizerError``, ``TaskError`` or ``CheckpointError`` for settings
  ///   with which no cell could run.
  package func cells() throws -> [GridCell] {
    guard values(of: "task") != nil else {
      throw GridError.missing(what: "--tasks", expected: "one or more of \(TaskRegistry.names.joined(separator: ", "))")
    }
    let optimizers = values(of: "optimizer") ?? [RunSettings().optimizer]
    let rank = { (key: String) -> Int in
      key == "seed" ? Int.max : GridAxes.standardOrder.firstIndex(of: key) ?? GridAxes.standardOrder.count
    }
    let ordered = axes.enumerated().sorted { (rank($0.element.key), $0.offset) < (rank($1.element.key), $1.offset) }
    var combinations: [[(key: String, text: String)]] = [[]]
    for (_, axis) in ordered {
      combinations = combinations.flatMap { before in axis.values.map { before + [(axis.key, $0)] } }
    }
    var cells: [GridCell] = []
    var seen: [String: JSON] = [:]
    for combination in combinations {
      let optimizer = combination.first { $0.key == "optimizer" }?.text ?? optimizers[0]
      let cell = try cell(combination, optimizer: optimizer, optimizers: optimizers)
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
    return cells
  }

  private func cell(_ values: [(key: String, text: String)], optimizer: String, optimizers: [String]) throws -> GridCell
  {
    let own = values.filter { !$0.key.hasPrefix(GridAxes.optionPrefix) }
    let settings = (own + fixed.filter { entry in !own.contains { $0.key == entry.key } })
      .filter { !GridAxes.ownKeys.contains($0.key) }
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
      varying: own.map(\.key) + varying.map { GridAxes.optionPrefix + $0.key })
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
