import Checkpoints
import Optimizers
import Support
import Tasks
import Training

/// One run of a grid: its settings, complete, and the name of its folder.
package struct GridCell: Sendable {
  package let name: String
  /// Configuration keys and texts, in the order in which they are given to `run`.
  package let settings: [(key: String, text: String)]
  /// Options of this cell's optimizer.
  package let options: [(key: String, value: String)]
  /// Keys of what varies over the grid and applies to this cell.
  let varying: [String]

  package func setting(_ key: String) -> String? { settings.first { $0.key == key }?.text }

  package var task: String { setting("task") ?? "" }
  package var optimizer: String { setting("optimizer") ?? RunSettings().optimizer }
  package var seed: String { setting("seed") ?? String(RunSettings().seed) }

  /// The command line of this cell after the program's name.
  package func arguments(output: String) -> [String] {
    var arguments = ["run"]
    for (key, text) in settings {
      guard let entry = Setting.all(of: .run).first(where: { $0.key == key }) else { continue }
      if !entry.isFlag { arguments += [entry.flag, text] } else if text == "true" { arguments.append(entry.flag) }
    }
    for (key, value) in options { arguments += ["-O", "\(key)=\(value)"] }
    return arguments + ["--output", output]
  }

  /// As `run` would read them.
  func runSettings() throws -> RunSettings {
    var result = RunSettings()
    try result.take(settings.map { GivenSetting(flag: $0.key, $0.text) })
    for (key, value) in options { try result.addOptimizerOption("\(key)=\(value)", origin: "--optimizer-option") }
    return result
  }

  /// Every setting that makes this cell what it is.
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
  /// Keys that belong to the grid itself, not to its cells.
  static let ownKeys: Set<String> = ["output", "overwrite", "quiet", "json", "force"]
  private static let standardOrder = ["task", "optimizer", "learning_rate"]

  /// Every combination, in a fixed order with the seed innermost, all of them checked.
  ///
  /// - Throws: ``GridError``, ``TrainingError``, ``OptimizerError`` or ``TaskError`` for what no cell could run with.
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
      // An option of another optimizer makes no cell of its own.
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
    var options: [(key: String, value: String)] = []
    var varying: [(key: String, text: String)] = []
    let isOption = { (key: String) in key.hasPrefix(GridAxes.optionPrefix) }
    let varied = values.filter { isOption($0.key) }.map {
      (String($0.key.dropFirst(GridAxes.optionPrefix.count)), $0.text)
    }
    for (index, (key, value)) in (self.options.map { ($0.key, $0.value) } + varied).enumerated() {
      var key = SettingName.kebab(key)
      if let dot = key.firstIndex(of: ".") {
        let owner = String(key[..<dot])
        guard optimizers.contains(owner) else {
          throw GridError.badAxis(
            origin: "-O \(key)=\(value)",
            reason: "the grid has no optimizer \(owner), expected one of \(optimizers.joined(separator: ", "))")
        }
        guard owner == optimizer else { continue }
        key = String(key[key.index(after: dot)...])
      }
      options.removeAll { $0.key == key }
      options.append((key, value))
      if index >= self.options.count { varying.append((key, value)) }
    }
    let own = values.filter { !isOption($0.key) }
    let settings = (own + fixed.filter { entry in !own.contains { $0.key == entry.key } })
      .filter { !GridAxes.ownKeys.contains($0.key) }
    // Refuses now what would otherwise fail after hours.
    var scratch = RunSettings()
    try scratch.take(settings.map { GivenSetting(flag: $0.key, $0.text) })
    let specification = try OptimizerRegistry.specification(optimizer)
    do throws(OptimizerError) { _ = try OptimizerOptions(options, for: specification) } catch {
      if case .unknownOption(_, let key, _) = error { try suggestOwner(key, optimizer: optimizer, of: optimizers) }
      throw error
    }
    let task = try TaskRegistry.find(scratch.task ?? "")
    _ = try task.locateData(scratch.data)
    guard SearchPath(.checkpoints).find(scratch.model) != nil else {
      throw CheckpointError.noSuchFolder(path: scratch.model)
    }

    var parts = [task.name, optimizer]
    if let rate = scratch.learningRate { parts.append("lr\(rate)") }
    for (key, text) in own.filter({ !["task", "optimizer", "learning_rate", "seed"].contains($0.key) }) + varying {
      parts.append(SettingName.kebab(key) + "-" + text)
    }
    return GridCell(
      name: FolderName.make(parts.joined(separator: "-"), end: "seed\(scratch.seed)"), settings: settings,
      options: options,
      varying: own.map(\.key) + varying.map { GridAxes.optionPrefix + $0.key })
  }

  /// An option that only other optimizers of the grid have was to have one's name in front.
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
