import Foundation
import Support

/// The presets of a checkpoint by task, read from `finetune.json` in its folder. For a saved model, the file holds the
/// maximum length that the model was trained with.
///
///     {"learning_rate": {"cola": {"fira": 1e-3}, "default": {"adamw": 5e-5}},
///      "epochs": {"cola": 8, "default": 3}, "max_length": {"cola": 64},
///      "trained_for": {"task": "cola", "path": "/home/me/tasks/cola/task.yaml", "protocol": "classification"}}
struct CheckpointPresets {
  private var rates: JSON?
  private var epochs: JSON?
  private var lengths: JSON?
  /// What a saved model was trained for; `nil` for other checkpoints.
  private(set) var trainedFor: TrainedFor?

  /// The name of the file in a checkpoint's folder.
  static let file = "finetune.json"

  /// Reads the presets of a checkpoint's folder. There are none where the file is missing.
  ///
  /// - Throws: ``TrainingError`` or ``FileError`` if any part of the file is wrong, even an unused one.
  init(folder: String) throws {
    let path = folder + "/" + CheckpointPresets.file
    guard Files.exists(path) else { return }
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
    for part in try members("the file", json, of: "learning_rate, epochs and max_length") {
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
      case "max_length":
        for task in try members("max_length", part.value, of: "tasks and lengths") {
          guard let length = task.value.integer, (2...1 << 24).contains(length) else {
            throw bad("max_length.\(task.key)", task.value, "an integer of at least 2")
          }
        }
        lengths = part.value
      case "trained_for":
        guard let known = TrainedFor(part.value) else {
          throw bad("trained_for", part.value, "an object with the texts task, path, protocol and maybe format and data")
        }
        trainedFor = known
      default:
        throw TrainingError.unknownKey(
          origin: path, key: part.key.description, known: ["learning_rate", "epochs", "max_length", "trained_for"])
      }
    }
  }

  func learningRate(task: String, optimizer: String) -> Double? {
    (rates?[task]?[optimizer] ?? rates?["default"]?[optimizer])?.double
  }

  func epochs(task: String) -> Double? { (epochs?[task] ?? epochs?["default"])?.double }

  func maximumLength(task: String) -> Int? { (lengths?[task] ?? lengths?["default"])?.integer }

  /// The content of `finetune.json` for a model that was trained on a task with this maximum length.
  static func saved(task: String, maximumLength: Int, trainedFor: TrainedFor?) -> JSON {
    var object = JSONObject(["max_length": .object(JSONObject([.init(ByteString(task), .integer(maximumLength))]))])
    if let trainedFor { object["trained_for"] = trainedFor.json }
    return .object(object)
  }
}
