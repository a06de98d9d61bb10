import Support
import Yams

/// A `--config` file in YAML or JSON (JSON is valid YAML).
///
///     learning_rate: 5e-5
///     optimizer: galore
///     optimizer_option: {rank: 8}
///     method: lora
///     method_option: {rank: 16, targets: [query, value]}
package enum SettingsFile {
  /// Applies the settings of the file as one layer.
  ///
  /// The YAML nodes are read directly, because decoding would ignore unknown keys and read `no` as a boolean.
  /// - Throws: ``FileError``, or ``TrainingError`` naming the file and, for a fault in one setting, line and key.
  package static func apply(_ path: String, to settings: inout RunSettings) throws {
    let bytes = try Files.read(path, limit: 1 << 20)
    let root: Node
    do throws(YAMLFault) { root = try YAMLFile.compose(bytes) } catch {
      throw TrainingError.badFile(path: "\(path):\(error.line)", reason: error.reason)
    }
    guard case .mapping(let mapping) = root else {
      throw TrainingError.badFile(path: path, reason: "expected keys and values, e.g. learning_rate: 5e-5")
    }
    var seen = Set<String>()
    var layer: [GivenSetting] = []
    for (keyNode, node) in mapping {
      let origin = "\(path):\(keyNode.mark?.line ?? 1)"
      guard case .scalar(let keyScalar) = keyNode else {
        throw TrainingError.badFile(path: origin, reason: "expected a key")
      }
      let key = keyScalar.string
      guard seen.insert(key).inserted else {
        throw TrainingError.badFile(path: origin, reason: "key \(key) is given twice")
      }
      if key == "optimizer_option" {
        try applyOptions(node, origin, &settings)
      } else {
        if key == "class_weights", case .mapping(let weights) = node {
          layer.append(GivenSetting(key, try classWeights(weights, origin), origin: origin))
          continue
        }
        if key == "method_option", case .mapping(let options) = node {
          layer.append(GivenSetting(key, try methodOptions(options, origin), origin: origin))
          continue
        }
        guard case .scalar(let scalar) = node else {
          let keys = Setting.all(of: settings.command).map(\.key)
          guard keys.contains(key) else { throw TrainingError.unknownKey(origin: origin, key: key, known: keys) }
          throw TrainingError.badSetting(origin: origin, key: key, found: "a list or map", expected: "a single value")
        }
        // The `config` of a results.json can serve as a settings file. It has null for settings without a value.
        if scalar.style == .plain, scalar.string == "null" { continue }
        layer.append(GivenSetting(key, scalar.string, origin: origin))
      }
    }
    try settings.take(layer)
  }

  /// The text of `{label: weight}` as the flag takes it.
  private static func classWeights(_ weights: Node.Mapping, _ origin: String) throws -> String {
    var members: [JSONObject.Member] = []
    for (key, value) in weights {
      guard case .scalar(let label) = key, case .scalar(let text) = value, let weight = Double(text.string),
        !members.contains(where: { $0.key == ByteString(label.string) })
      else {
        throw TrainingError.badSetting(
          origin: origin, key: "class_weights", found: "a map of something else",
          expected: "each label once, with its weight, e.g. {acceptable: 1, unacceptable: 2.5}")
      }
      members.append(.init(ByteString(label.string), .real(weight)))
    }
    return String(decoding: JSON.object(JSONObject(members)).serialized(compact: true), as: UTF8.self)
  }

  /// The text of `{rank: 8, targets: [query, value]}` as the flag takes it.
  package static func methodOptions(_ options: Node.Mapping, _ origin: String) throws -> String {
    try options.map { key, value in
      let words = if case .sequence(let items) = value { Array(items) } else { [value] }
      guard case .scalar(let name) = key else {
        throw TrainingError.badSetting(
          origin: origin, key: "method_option", found: "a key that is no word", expected: "keys and values")
      }
      let texts = try words.map { word -> String in
        guard case .scalar(let text) = word else {
          throw TrainingError.badSetting(
            origin: origin, key: "method_option", found: "a nested list or map", expected: "keys and values")
        }
        return text.string
      }
      return "\(name.string)=\(texts.joined(separator: ","))"
    }.joined(separator: " ")
  }

  /// Applies optimizer options, which are `{rank: 8, update_gap: 100}` or `[rank=8, update-gap=100]`.
  private static func applyOptions(_ node: Node, _ origin: String, _ settings: inout RunSettings) throws {
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        guard case .scalar(let name) = key, case .scalar(let text) = value else {
          throw TrainingError.badSetting(
            origin: origin, key: "optimizer_option", found: "a nested list or map", expected: "keys and single values")
        }
        settings.setOptimizerOption(name.string, text.string)
      }
    case .sequence(let items):
      for node in items {
        guard case .scalar(let item) = node else {
          throw TrainingError.badSetting(
            origin: origin, key: "optimizer_option", found: "a nested list or map", expected: "entries KEY=VALUE")
        }
        try settings.addOptimizerOption(item.string, origin: origin)
      }
    default:
      throw TrainingError.badSetting(
        origin: origin, key: "optimizer_option", found: "a single value", expected: "a map such as {rank: 8}")
    }
  }
}
