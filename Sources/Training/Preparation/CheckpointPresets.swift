import Foundation
import Support

/// The presets of a checkpoint by task, read from `finetune.json` in its folder. For a saved model, the file holds the
/// maximum length that the model was trained with.
///
///     {"learning_rate": {"cola": {"fira": 1e-3}, "default": {"adamw": 5e-5}},
///      "epochs": {"cola": 8, "default": 3}, "max_length": {"cola": 64},
///      "trained_for": {"task": "cola", "path": "/home/me/tasks/cola/task.yaml", "protocol": "classification"}}
struct CheckpointPresets {
  private let json: JSON?
  /// What a saved model was trained for; `nil` for other checkpoints.
  var trainedFor: TrainedFor? { json?["trained_for"].flatMap(TrainedFor.init) }

  /// The name of the file in a checkpoint's folder.
  static let file = "finetune.json"

  /// Reads the presets of a checkpoint's folder. There are none where the file is missing.
  ///
  /// - Throws: ``TrainingError`` or ``FileError`` if any part of the file is wrong, even an unused one.
  init(folder: String) throws {
    let path = folder + "/" + CheckpointPresets.file
    guard Files.exists(path) else {
      json = nil
      return
    }
    let file = try JSONField<TrainingError>(file: path, limit: 1 << 20)
    let positive = JSONKind("a number above 0") { json in json.double.flatMap { 0 < $0 && $0 < 1e6 ? $0 : nil } }
    let length = JSONKind("an integer of at least 2", JSONKind.integer(in: 2...1 << 24).read)
    let trainedFor = JSONKind(
      "an object with the texts task, path, protocol and maybe format and data", TrainedFor.init)
    for (key, part) in try file.members("an object of learning_rate, epochs and max_length") {
      switch key {
      case "learning_rate":
        for (_, task) in try part.members("an object of tasks") {
          _ = try task.members(positive, "an object of optimizers and rates")
        }
      case "epochs": _ = try part.members(positive, "an object of tasks")
      case "max_length": _ = try part.members(length, "an object of tasks and lengths")
      case "trained_for": _ = try part.required(trainedFor)
      default:
        throw TrainingError.unknownKey(
          origin: path, key: key.description, known: ["learning_rate", "epochs", "max_length", "trained_for"])
      }
    }
    json = file.json
  }

  /// The value for the task, or else the default for all tasks.
  private func preset(_ part: String, task: String, _ value: (JSON) -> JSON?) -> JSON? {
    let tasks = json?[part]
    return tasks?[task].flatMap(value) ?? tasks?["default"].flatMap(value)
  }

  func learningRate(task: String, optimizer: String) -> Double? {
    preset("learning_rate", task: task) { $0[optimizer] }?.double
  }

  func epochs(task: String) -> Double? { preset("epochs", task: task) { $0 }?.double }

  func maximumLength(task: String) -> Int? { preset("max_length", task: task) { $0 }?.integer }

  /// The content of `finetune.json` for a model that was trained on a task with this maximum length.
  static func saved(task: String, maximumLength: Int, trainedFor: TrainedFor?) -> JSON {
    var object = JSONObject(["max_length": .object(JSONObject([.init(ByteString(task), .integer(maximumLength))]))])
    if let trainedFor { object["trained_for"] = trainedFor.json }
    return .object(object)
  }
}

extension TrainingError: JSONFileError {
  package static func malformed(path: String, reason: String) -> TrainingError { .badFile(path: path, reason: reason) }

  package static func badField(path: String, key: String, found: String, expected: String) -> TrainingError {
    .badSetting(origin: path, key: key, found: found, expected: expected)
  }
}
