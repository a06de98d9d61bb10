import Foundation
import Support

/// What suits a checkpoint, from `finetune.json` in its folder:
/// `{"learning_rate": {"<task>": {"<optimizer>": 1e-3}, "default": {…}}, "epochs": {"<task>": 8, "default": 3}}`.
struct CheckpointPresets {
  private var rates: JSON?
  private var epochs: JSON?

  /// Empty without the file.
  ///
  /// - Throws: ``TrainingError`` or ``FileError`` when the file is there and wrong in any part, wanted or not.
  init(folder: String) throws {
    let path = folder + "/finetune.json"
    guard FileManager.default.fileExists(atPath: path) else { return }
    let json: JSON
    do { json = try JSON.parse(Files.read(path, limit: 1 << 20)) } catch let error as JSONParseError {
      throw TrainingError.badFile(path: path, reason: error.description)
    }
    func bad(_ key: String, _ found: JSON, _ expected: String) -> TrainingError {
      .badSetting(origin: path, key: key, found: found.summary, expected: expected)
    }
    func members(_ key: String, _ value: JSON, of what: String) throws -> [JSONObject.Member] {
      guard let object = value.object else { throw bad(key, value, "an object of \(what)") }
      return object.members
    }
    func require(_ key: String, _ value: JSON) throws {
      guard let number = value.double, number > 0, number < 1e6 else { throw bad(key, value, "a number above 0") }
    }
    for part in try members("the file", json, of: "learning_rate and epochs") {
      switch part.key {
      case "learning_rate":
        for task in try members("learning_rate", part.value, of: "tasks") {
          let key = "learning_rate.\(task.key)"
          for rate in try members(key, task.value, of: "optimizers and rates") {
            try require("\(key).\(rate.key)", rate.value)
          }
        }
        rates = part.value
      case "epochs":
        for task in try members("epochs", part.value, of: "tasks") { try require("epochs.\(task.key)", task.value) }
        epochs = part.value
      default:
        throw TrainingError.unknownKey(origin: path, key: part.key.description, known: ["learning_rate", "epochs"])
      }
    }
  }

  func learningRate(task: String, optimizer: String) -> Double? {
    (rates?[task]?[optimizer] ?? rates?["default"]?[optimizer])?.double
  }

  func epochs(task: String) -> Double? { (epochs?[task] ?? epochs?["default"])?.double }
}
