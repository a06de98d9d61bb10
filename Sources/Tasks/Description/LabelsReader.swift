import Support
import Yams

/// Reads the labels of `task.yaml`: names, and the texts that stand for them in data files.
struct LabelsReader {
  let keys: DescriptionKeys

  func read(_ map: [String: Node], _ kind: TaskKind, _ parent: Node) throws(TaskError) -> [(
    name: String, value: String
  )] {
    guard kind.hasLabels else {
      if let node = map["labels"] { throw keys.bad(node, "labels: a task of kind \(kind.rawValue) has none") }
      return []
    }
    let node = try keys.required(map, "labels", parent)
    var result: [(name: String, value: String)] = []
    for entry in try keys.sequence(node, "labels") {
      if case .scalar(let scalar) = entry {
        throw keys.bad(
          entry,
          "labels: found \(UTF8Text.shown(scalar.string.utf8)), expected a name for each, e.g. labels: [{name: no, value: "
            + "\"0\"}, {name: yes, value: \"1\"}], where value may be left out if it is the name")
      }
      let map = try keys.mapping(entry, "labels", allowed: ["name", "value"])
      let name = try keys.string(keys.required(map, "name", entry), "name")
      let value = map["value"] == nil ? name : try keys.string(map, "value")
      // A tab or line end in a name would break the columns of the predictions file.
      guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), !name.isEmpty else {
        throw keys.bad(entry, "labels: found a name with control characters or none, expected text in one line")
      }
      guard !result.contains(where: { $0.name == name || $0.value == value }) else {
        throw keys.bad(entry, "label \(name) or its value is given twice")
      }
      result.append((name, value))
    }
    guard result.count >= 2 else { throw keys.bad(node, "labels: expected at least two") }
    return result
  }
}
