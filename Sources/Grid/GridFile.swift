import Support
import Training
import Yams

/// A `--grid` file in YAML or JSON: any run option, where a list makes an axis of it.
///
/// `tasks`, `optimizers`, `learning_rates` and `seeds` are other names for their singulars; options of optimizers are
/// under `optimizer_option`, e.g. `{fira.rank: [4, 8], beta1: 0.9}`.
public enum GridFile {
  public static let plurals = [
    "tasks": "task", "optimizers": "optimizer", "learning_rates": "learning_rate", "seeds": "seed",
  ]

  /// - Throws: ``FileError`` or ``GridError`` naming file, line and key.
  public static func read(_ path: String) throws -> GridAxes {
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
    let known = SettingKey.all(of: .run).map(\.name)
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
      switch try values(node, key: key, origin: origin) {
      case .one(let value): axes.setFixed(key, value)
      case .many(let values): try axes.setAxis(key, values, origin: "\(origin): \(key)")
      }
    }
    return axes
  }

  private enum Values {
    case one(String)
    case many([String])
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
