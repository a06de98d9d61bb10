import Support
import Training
import Yams

/// A `--grid` file in YAML or JSON: any run option, where a list makes an axis of it.
///
/// `tasks`, `optimizers`, `learning_rates` and `seeds` are other names for their singulars; options of optimizers are
/// under `optimizer_option`, e.g. `{fira.rank: [4, 8], beta1: 0.9}`.
package enum GridFile {
  package static let plurals = [
    "tasks": "task", "optimizers": "optimizer", "learning_rates": "learning_rate", "seeds": "seed",
  ]

  /// - Throws: ``FileError`` or ``GridError`` naming file, line and key.
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
    // What belongs to the grid itself is given on its command line.
    let known = Setting.all(of: .run).map(\.key).filter { $0 == "force" || !GridAxes.ownKeys.contains($0) }
    for (keyNode, node) in mapping {
      let origin = "\(path):\(keyNode.mark?.line ?? 1)"
      guard case .scalar(let scalar) = keyNode else { throw GridError.badFile(path: origin, reason: "expected a key") }
      let key = plurals[scalar.string] ?? scalar.string
      guard seen.insert(key).inserted else {
        throw GridError.badFile(path: origin, reason: "key \(scalar.string) is given twice")
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
          switch try values(valueNode, key: option.string, origin: origin) {
          case .one(let value): axes.setOption(option.string, value)
          case .many(let values):
            try axes.setAxis(GridAxes.optionPrefix + option.string, values, origin: origin)
          }
        }
        continue
      }
      guard known.contains(key) else {
        throw TrainingError.unknownKey(
          origin: origin, key: scalar.string, known: known + plurals.keys.sorted() + ["optimizer_option"])
      }
      // A recorded configuration says null for what was not given.
      if case .scalar(let scalar) = node, scalar.style == .plain, scalar.string == "null" { continue }
      let values = try values(node, key: key, origin: origin)
      // A wrong value is told with its line, before it is one of many cells.
      var scratch = RunSettings()
      for text in values.all { try scratch.set(key, text, origin: origin) }
      entries.append((key, values, "\(origin): \(key)"))
    }
    for group in ExclusiveGroup.all { try dropBeaten(of: group, &entries) }
    for entry in entries {
      switch entry.values {
      case .one(let value): axes.setFixed(entry.key, value)
      case .many(let values): try axes.setAxis(entry.key, values, origin: entry.origin)
      }
    }
    return axes
  }

  /// Of a group, the setting stays that a run with this file would follow.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` where a list would then make cells that all do the same.
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
    case .scalar(let scalar): return .one(scalar.string)
    case .sequence(let items):
      var texts: [String] = []
      for item in items {
        guard case .scalar(let scalar) = item else {
          throw .badFile(path: origin, reason: "\(key): found a list or map in the list, expected single values")
        }
        texts.append(scalar.string)
      }
      return .many(texts)
    default: throw .badFile(path: origin, reason: "\(key): found a map, expected a value or a list of values")
    }
  }
}
