import Yams

/// Reads which fields of a row are what.
struct FieldsReader {
  let keys: DescriptionKeys
  let kind: TaskKind
  let format: DataFormat

  func read(_ map: [String: Node], _ parent: Node) throws(TaskError) -> TaskFields {
    try refuseForeignKeys(map)
    var fields = TaskFields(
      text: try keys.template(keys.required(map, "text", parent), "text", format),
      label: try keys.path(keys.required(map, "label", parent), "label", format))
    fields.id = try path(map, "id")
    fields.pair = try map["text_pair"].map { (node) throws(TaskError) in
      try keys.template(node, "text_pair", format)
    }
    switch kind {
    case .classification, .regression: break
    case .multipleChoice:
      fields.choices = try keys.templates(map, "choices", format)
      guard !fields.choices.isEmpty else { throw keys.bad(parent, "key choices is missing") }
      if let node = map["choice_labels"], case .scalar = node {
        fields.choiceLabelPath = try keys.path(node, "choice_labels", format)
      } else {
        fields.choiceLabels = try keys.strings(map, "choice_labels").map { Array($0.utf8) }
      }
      if fields.choices.count > 1, !fields.choiceLabels.isEmpty, fields.choiceLabels.count != fields.choices.count {
        throw keys.bad(
          map["choice_labels"],
          "choice_labels: found \(fields.choiceLabels.count), expected one for each of the \(fields.choices.count) choices"
        )
      }
    case .span:
      guard fields.pair != nil else { throw keys.bad(parent, "key text_pair, the passage, is missing") }
      fields.answerStarts = try path(map, "answer_starts")
    case .text:
      fields.target = try map["target"].map { (node) throws(TaskError) in
        try keys.template(node, "target", format)
      }
    }
    return fields
  }

  private func path(_ map: [String: Node], _ key: String) throws(TaskError) -> FieldPath? {
    try map[key].map { (node) throws(TaskError) in try keys.path(node, key, format) }
  }

  /// Refuses keys that have no meaning for tasks of this kind.
  private func refuseForeignKeys(_ map: [String: Node]) throws(TaskError) {
    let owners: [(key: String, kinds: [TaskKind])] = [
      ("text_pair", [.classification, .regression, .span]), ("choices", [.multipleChoice]),
      ("choice_labels", [.multipleChoice]), ("answer_starts", [.span]), ("no_answer", [.span]), ("target", [.text]),
      ("max_new_tokens", [.text]),
    ]
    for (key, kinds) in owners {
      guard let node = map[key], !kinds.contains(kind) else { continue }
      throw keys.bad(
        node,
        "key \(key): found in a task of kind \(kind.rawValue), expected only where kind is "
          + kinds.map(\.rawValue).joined(separator: " or "))
    }
  }
}
