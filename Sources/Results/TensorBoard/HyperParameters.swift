import Support

/// The settings of a run as tensorboard's tab HPARAMS shows them, beside the run's scores.
///
/// They are the messages `SessionStartInfo` and `SessionEndInfo` of the plugin's `plugin_data.proto`. No message says
/// which settings and scores there are: tensorboard then gathers them from all runs that it shows, which is right for a
/// grid whose cells have different options.
package enum HyperParameters {
  private static let plugin = "hparams"

  /// The settings of a run that begins.
  ///
  /// - Parameter time: seconds since 1970.
  package static func started(_ record: RunRecord, time: Double) -> Event.Value {
    var start = ProtobufMessage()
    for (name, value) in parameters(record) {
      // An entry of a map is a message of a key and a value.
      var entry = ProtobufMessage()
      entry.add(1, name)
      entry.add(2, value)
      start.add(1, entry)
    }
    start.add(5, time)
    return value(tag: "_hparams_/session_start_info", member: 3, start)
  }

  /// How the run ended.
  package static func ended(_ status: RunStatus, time: Double) -> Event.Value {
    var end = ProtobufMessage()
    let code =
      switch status {
      case .completed: 1
      case .diverged, .failed: 2
      // Neither a success nor a failure.
      case .interrupted: 0
      }
    if code != 0 { end.add(1, integer: code) }
    end.add(2, time)
    return value(tag: "_hparams_/session_end_info", member: 4, end)
  }

  private static func value(tag: String, member: UInt64, _ content: ProtobufMessage) -> Event.Value {
    var data = ProtobufMessage()
    data.add(member, content)
    return .plugin(tag: tag, name: plugin, content: data)
  }

  /// Every recorded setting that has a value, with the learning rate used and all options of the optimizer.
  private static func parameters(_ record: RunRecord) -> [(name: String, value: ProtobufMessage)] {
    var found = (record.config.object?.members ?? []).map { (name: $0.key.description, value: $0.value) }
    found.removeAll { $0.name == "optimizer_option" || $0.name == "learning_rate" }
    if let rate = record.optimizer["learning_rate"] { found.append(("learning_rate", rate)) }
    for option in record.optimizer["options"]?.object?.members ?? [] {
      found.append(("optimizer_option.\(option.key)", option.value))
    }
    if found.allSatisfy({ $0.name != "task" }), let task = record.task["name"] { found.append(("task", task)) }
    found.sort { $0.name < $1.name }
    return found.compactMap { name, json in value(json).map { (name, $0) } }
  }

  /// The message `google.protobuf.Value`; `nil` for what is no single value.
  private static func value(_ json: JSON) -> ProtobufMessage? {
    var message = ProtobufMessage()
    switch json {
    case .number: message.add(2, json.double ?? .nan)
    case .string(let bytes): message.add(3, bytes.description)
    case .bool(let flag): message.add(4, flag)
    case .null, .array, .object: return nil
    }
    return message
  }
}
