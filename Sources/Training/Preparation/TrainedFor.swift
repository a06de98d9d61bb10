import Support
import Tasks

/// What a saved model was trained for, so that `evaluate --model RUN/model` alone knows its task.
struct TrainedFor: Sendable, Equatable {
  let task: String
  /// Absolute path of the `task.yaml`.
  let path: String
  let protocolKind: ProtocolKind
  /// The format of the data; `nil` for the task's own.
  let format: String?
  /// Absolute path of the data that the run was given; `nil` where it found them by itself.
  let data: String?
  /// The settings of its scores, by key, that are not the usual ones: `{"beams": 4}`.
  let scoring: JSONObject

  init(
    task: String, path: String, protocolKind: ProtocolKind, format: String?, data: String?, scoring: JSONObject
  ) {
    (self.task, self.path, self.protocolKind) = (task, path, protocolKind)
    (self.format, self.data, self.scoring) = (format, data, scoring)
  }

  /// - Returns: `nil` where the value is not what ``json`` gives.
  init?(_ json: JSON) {
    guard json.object != nil, let task = json["task"]?.string, let path = json["path"]?.string,
      let kind = json["protocol"]?.string.flatMap(ProtocolKind.init)
    else { return nil }
    self.init(
      task: task, path: path, protocolKind: kind, format: json["format"]?.string, data: json["data"]?.string,
      scoring: json["scoring"]?.object ?? JSONObject([]))
  }

  var json: JSON {
    var object = JSONObject([
      "task": .text(task), "path": .text(path), "protocol": .text(protocolKind.rawValue),
    ])
    if let format { object["format"] = .text(format) }
    if let data { object["data"] = .text(data) }
    if !scoring.members.isEmpty { object["scoring"] = .object(scoring) }
    return .object(object)
  }
}
