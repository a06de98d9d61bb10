import Support
import Yams

/// A `--config` file in YAML or JSON, which is YAML too.
public enum SettingsFile {
  /// Sets every key of the file in `settings`.
  ///
  /// The nodes are walked as written: decoding would ignore unknown keys and read `no` as a boolean.
  /// - Throws: ``FileError`` or ``TrainingError`` naming file, line and key.
  public static func apply(_ path: String, to settings: inout RunSettings) throws {
    let bytes = try Files.read(path, limit: 1 << 20)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TrainingError.badFile(path: path, reason: "not valid UTF-8, expected YAML or JSON")
    }
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw TrainingError.badFile(path: path, reason: "not valid YAML or JSON: \(oneLine("\(error)"))")
    }
    guard case .mapping(let mapping)? = root else {
      throw TrainingError.badFile(path: path, reason: "expected keys and values, e.g. learning_rate: 5e-5")
    }
    var seen = Set<String>()
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
        guard case .scalar(let scalar) = node else {
          guard SettingKey.all.contains(where: { $0.name == key }) else {
            throw TrainingError.unknownKey(origin: origin, key: key, known: SettingKey.all.map(\.name))
          }
          throw TrainingError.badSetting(origin: origin, key: key, found: "a list or map", expected: "a single value")
        }
        try SettingKey.set(key, scalar.string, in: &settings, origin: origin)
        if key == "learning_rate" { settings.learningRateSource = "config" }
      }
    }
  }

  /// Yams draws the place of a fault over several lines; a message is one.
  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }.joined(separator: " ")
  }

  /// `{rank: 8, update_gap: 100}` or `[rank=8, update-gap=100]`.
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
      for case .scalar(let item) in items { try settings.addOptimizerOption(item.string, origin: origin) }
    default:
      throw TrainingError.badSetting(
        origin: origin, key: "optimizer_option", found: "a single value", expected: "a map such as {rank: 8}")
    }
  }
}
