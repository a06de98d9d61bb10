import Support
import Tasks
import Training
import Yams

/// A `--grid` file in YAML or JSON. It may set any run option except `output`, `overwrite`, `resume`, `quiet` and `json`; a list
/// of values or a range makes the option an axis. Learning rates may be a map of optimizers, and any other
/// setting a map of tasks.
///
/// `tasks`, `optimizers`, `learning_rates` and `seeds` are other names for `task`, `optimizer`, `learning_rate` and
/// `seed`. Optimizer options are under `optimizer_option`. Example:
///
///     tasks: [cola]
///     data: {cola: GLUE/CoLA}
///     learning_rates: {adamw: 1e-6..1e-4/5, fira: [1e-4, 1e-3]}
///     batch_size: [16, 32]
///     optimizer_option: {fira.rank: [4, 8], beta1: 0.9}
///
/// Settings that belong together are parts of a grid under `arms`; each is crossed with all that the file has besides:
///
///     arms:
///       - {optimizer: fira, learning_rate: [1e-4, 1e-3]}
///       - {method: lora, method_option: {rank: 16}, learning_rate: 1e-3..1e-2/3}
package enum GridFile {
  /// Plural keys allowed in a file, and the run options that they stand for.
  package static let plurals = [
    "tasks": "task", "optimizers": "optimizer", "learning_rates": "learning_rate", "seeds": "seed",
  ]

  /// Reads the axes and shared settings of a grid file.
  ///
  /// - Throws: ``FileError``, ``TrainingError`` or ``GridError`` naming file, line and key.
  package static func read(_ path: String) throws -> GridAxes {
    let bytes = try Files.read(path, limit: 1 << 20)
    let root: Node
    do throws(YAMLFault) { root = try YAMLFile.compose(bytes) } catch {
      throw GridError.badFile(path: "\(path):\(error.line)", reason: error.reason)
    }
    guard case .mapping(let mapping) = root else {
      throw GridError.badFile(path: path, reason: "expected keys and values, e.g. learning_rates: [1e-5, 5e-5]")
    }
    var axes = GridAxes()
    var seen = Set<String>()
    var entries: [(key: String, values: Values, origin: String)] = []
    var maps: [(key: String, map: Node.Mapping, origin: String)] = []
    var arms: (node: Node, origin: String)?
    // Where the grid is and how it is shown are given on the command line only.
    let known = Setting.all(of: .run).map(\.key).filter {
      GridAxes.runningKeys.contains($0) || !GridAxes.ownKeys.contains($0)
    }
    for (keyNode, node) in mapping {
      let origin = "\(path):\(keyNode.mark?.line ?? 1)"
      guard case .scalar(let scalar) = keyNode else { throw GridError.badFile(path: origin, reason: "expected a key") }
      let key = plurals[scalar.string] ?? scalar.string
      guard seen.insert(key).inserted else {
        throw GridError.badFile(path: origin, reason: "key \(scalar.string) is given twice")
      }
      if key == "arms" {
        arms = (node, origin)
        continue
      }
      if key == "optimizer_option" {
        guard case .mapping(let options) = node else {
          throw GridError.badFile(
            path: origin, reason: "optimizer_option: expected keys and values, e.g. {fira.rank: [4, 8]}")
        }
        for (optionNode, valueNode) in options {
          guard case .scalar(let option) = optionNode else {
            throw GridError.badFile(path: origin, reason: "optimizer_option: expected a key")
          }
          let key = GridAxes.canonicalKey(GridAxes.optionPrefix + option.string)
          switch try values(valueNode, key: key, origin: origin) {
          case .one(let value): axes.setOption(option.string, value)
          case .many(let values): try axes.setAxis(key, values, origin: origin)
          }
        }
        continue
      }
      guard known.contains(key) else {
        throw TrainingError.unknownKey(
          origin: origin, key: scalar.string, known: known + plurals.keys.sorted() + ["optimizer_option"])
      }
      // A recorded configuration holds null for each option that was not given.
      if case .scalar(let scalar) = node, scalar.style == .plain, scalar.string == "null" { continue }
      if key == "method_option", case .mapping(let options) = node {
        let text = try SettingsFile.methodOptions(options, origin)
        try RunSettings.check(key, text, origin: origin)
        entries.append((key, .one(text), "\(origin): \(key)"))
        continue
      }
      if case .mapping(let map) = node, !["task", "optimizer", "seed"].contains(key),
        !GridAxes.ownKeys.contains(key)
      {
        maps.append((key, map, origin))
        continue
      }
      let values = try values(node, key: key, origin: origin)
      // Each value is checked here, so that the error names its line in the file.
      for text in values.all { try RunSettings.check(key, text, origin: origin) }
      entries.append((key, values, "\(origin): \(key)"))
    }
    for group in ExclusiveGroup.all { try dropBeaten(of: group, &entries) }
    for entry in entries {
      switch entry.values {
      case .one(let value): axes.setFixed(entry.key, value)
      case .many(let values):
        guard !GridAxes.runningKeys.contains(entry.key) else {
          throw GridError.badAxis(origin: entry.origin, reason: "found a list, expected one value for all cells")
        }
        try axes.setAxis(entry.key, values, origin: entry.origin)
      }
    }
    // What is said of one task or optimizer counts before what is said of all.
    for (key, map, origin) in maps { try setOwn(key, map, origin, &axes) }
    if let (node, origin) = arms { try setArms(node, origin, known, &axes) }
    return axes
  }

  /// Takes a list of maps, each of which is a part of the grid.
  private static func setArms(_ node: Node, _ origin: String, _ known: [String], _ axes: inout GridAxes) throws {
    let expected = "arms: expected a list of settings, e.g. - {method: lora, learning_rate: [1e-3, 3e-3]}"
    guard case .sequence(let items) = node, !items.isEmpty else {
      throw GridError.badFile(path: origin, reason: expected)
    }
    for item in items {
      guard case .mapping(let map) = item, !map.isEmpty else { throw GridError.badFile(path: origin, reason: expected) }
      let origin =
        map.first?.key.mark.map { "\(origin[..<(origin.lastIndex(of: ":") ?? origin.endIndex)]):\($0.line)" } ?? origin
      var entries: [(key: String, values: [String])] = []
      for (keyNode, node) in map {
        guard case .scalar(let scalar) = keyNode else { throw GridError.badFile(path: origin, reason: expected) }
        let key = plurals[scalar.string] ?? scalar.string
        guard !entries.contains(where: { $0.key == key }) else {
          throw GridError.badFile(path: origin, reason: "arms: key \(scalar.string) is given twice")
        }
        if key == "optimizer_option", case .mapping(let options) = node {
          for (option, value) in options {
            guard case .scalar(let name) = option else { throw GridError.badFile(path: origin, reason: expected) }
            let key = GridAxes.canonicalKey(GridAxes.optionPrefix + name.string)
            entries.append((key, try values(value, key: key, origin: origin).all))
          }
          continue
        }
        guard known.contains(key), !GridAxes.runningKeys.contains(key) else {
          throw TrainingError.unknownKey(origin: origin, key: scalar.string, known: known + ["optimizer_option"])
        }
        var texts: [String]
        if key == "method_option", case .mapping(let options) = node {
          texts = [try SettingsFile.methodOptions(options, origin)]
        } else {
          texts = try values(node, key: key, origin: origin).all
        }
        for text in texts { try RunSettings.check(key, text, origin: origin) }
        entries.append((key, texts))
      }
      try axes.addArm(entries, origin: "\(origin): arms")
    }
  }

  /// Takes `{adamw: [1e-5, 1e-4], fira: 1e-3}` as rates of optimizers, and `{cola: 3, mrpc: 5}` as any other setting of
  /// tasks.
  private static func setOwn(_ key: String, _ map: Node.Mapping, _ origin: String, _ axes: inout GridAxes) throws {
    for (nameNode, node) in map {
      guard case .scalar(let name) = nameNode else {
        throw GridError.badFile(path: origin, reason: "\(key): expected a name")
      }
      let values = try values(node, key: key, origin: origin).all
      for text in values { try RunSettings.check(key, text, origin: origin) }
      if key == "learning_rate" {
        try axes.setRates(values, of: name.string, origin: "\(origin): \(key)")
        continue
      }
      guard values.count == 1 else {
        throw GridError.badFile(path: origin, reason: "\(key): expected one value for task \(name.string)")
      }
      let task = (try? TaskRegistry.find(name.string).name) ?? name.string
      try axes.set(key, key == "data" ? "\(task)=\(values[0])" : values[0], of: task, origin: origin)
    }
  }

  /// Keeps only the one setting of an exclusive group that a run with this file would use.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` where a dropped setting is a list, whose cells would all be the
  ///   same.
  private static func dropBeaten(
    of group: ExclusiveGroup, _ entries: inout [(key: String, values: Values, origin: String)]
  ) throws(GridError) {
    guard let winner = group.keys.first(where: { key in entries.contains { $0.key == key } }) else { return }
    for entry in entries where group.keys.contains(entry.key) && entry.key != winner {
      if case .many = entry.values {
        throw .badAxis(
          origin: entry.origin, reason: "a list has no effect beside \(winner), which beats it; remove one of the two")
      }
    }
    entries.removeAll { group.keys.contains($0.key) && $0.key != winner }
  }

  private enum Values {
    case one(String)
    case many([String])

    var all: [String] {
      switch self {
      case .one(let text): [text]
      case .many(let texts): texts
      }
    }
  }

  private static func values(_ node: Node, key: String, origin: String) throws(GridError) -> Values {
    switch node {
    case .scalar(let scalar):
      let text = scalar.string
      guard AxisValues.isRange(text, key: key) else { return .one(text) }
      return .many(try AxisValues.expanded([text], key: key, origin: origin))
    case .sequence(let items):
      var texts: [String] = []
      for item in items {
        guard case .scalar(let scalar) = item else {
          throw .badFile(path: origin, reason: "\(key): found a list or map in the list, expected single values")
        }
        texts.append(scalar.string)
      }
      return .many(try AxisValues.expanded(texts, key: key, origin: origin))
    default: throw .badFile(path: origin, reason: "\(key): found a map, expected a value or a list of values")
    }
  }
}

extension RunSettings {
  /// Checks one value of an axis.
  ///
  /// - Throws: ``TrainingError`` for a value that the setting does not accept.
  static func check(_ key: String, _ text: String, origin: String) throws(TrainingError) {
    var scratch = RunSettings()
    try scratch.set(key, text, origin: origin)
  }
}
