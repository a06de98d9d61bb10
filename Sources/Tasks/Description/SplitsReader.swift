import Yams

/// Reads the splits of `task.yaml` and their files.
///
///     train: {file: train.tsv, header: true, examples: 8551}
///     dev:                          # the first file that is there counts
///       files:
///         - {file: dev.tsv, header: true}
///         - {file: msr_paraphrase_train.txt, header: true, only: {file: dev_ids.tsv, columns: ["#1 ID", "#2 ID"]}}
struct SplitsReader {
  let keys: DescriptionKeys
  let format: DataFormat
  let kind: TaskKind

  private static let fileKeys = [
    "file", "header", "columns", "ragged", "incomplete", "labels", "only", "except", "hold_out",
  ]

  func read(_ node: Node) throws(TaskError) -> [SplitSource] {
    var result: [SplitSource] = []
    for (name, entry) in try keys.members(node, "splits") {
      guard let split = Split(name) else {
        throw keys.bad(entry, "splits: found \(name), expected a name of small letters, digits and underscores")
      }
      let map = try keys.mapping(
        entry, name, allowed: SplitsReader.fileKeys + ["files", "examples", "submission", "extract"])
      var files: [SplitFile] = []
      if let list = map["files"] {
        if let file = map["file"] { throw keys.bad(file, "\(name): expected either file or files") }
        for item in try keys.sequence(list, "files") {
          files += try self.files(item, keys.mapping(item, name, allowed: SplitsReader.fileKeys), name)
        }
      } else {
        files = try self.files(entry, map, name)
      }
      if let node = map["extract"], kind != .text {
        throw keys.bad(node, "\(name): extract: only a task of kind text has it")
      }
      result.append(
        SplitSource(
          split: split, files: files, officialCount: try keys.count(map, "examples"),
          submission: try map["submission"].map { (node) throws(TaskError) in try keys.file(node, "submission") },
          extract: try keys.strings(map, "extract").map { Array($0.utf8) }))
    }
    try checkHeldOut(result, in: node)
    guard result.contains(where: { $0.split == .train || $0.split.isTest }) else {
      throw keys.bad(node, "splits: train is missing")
    }
    if result.contains(where: { $0.split == .train }), !result.contains(where: \.split.isDev) {
      throw keys.bad(node, "splits: expected dev, or several whose names begin with dev_")
    }
    return result
  }

  /// The files of one entry: `file` is a name, or several of which the first that exists counts.
  private func files(_ node: Node, _ map: [String: Node], _ split: String) throws(TaskError) -> [SplitFile] {
    let hasHeader = try keys.flag(map, "header")
    let columns = try keys.strings(map, "columns")
    if format.isTable {
      guard hasHeader != (map["columns"] != nil) else {
        throw keys.bad(node, "\(split): expected either header: true or the names of the columns")
      }
    } else if let extra = ["header", "columns", "ragged"].first(where: { map[$0] != nil }) {
      throw keys.bad(map[extra], "\(split): key \(extra): a \(format.rawValue) file has no columns; remove the key")
    }
    guard map["only"] == nil || map["except"] == nil else {
      throw keys.bad(map["except"], "\(split): expected either only or except")
    }
    let rows = try (map["only"] ?? map["except"]).map { (node) throws(TaskError) in
      try filter(node, keepsListed: map["only"] != nil)
    }
    let labels = try map["labels"].map { (node) throws(TaskError) in try keys.file(node, "labels") }
    let heldOut = try keys.count(map, "hold_out")
    let skipsIncomplete = try map["incomplete"].map { (node) throws(TaskError) in
      let found = try keys.string(node, "incomplete")
      guard found == "skip" else {
        throw keys.bad(
          node, "\(split): incomplete: found \(found), expected skip, or no such key where incomplete rows are faults")
      }
      return true
    }
    let name = try keys.required(map, "file", node)
    var names = [name]
    if case .sequence = name { names = try keys.sequence(name, "file") }
    return try names.map { (node) throws(TaskError) in
      SplitFile(
        name: try keys.file(node, split), hasHeader: hasHeader, columns: columns,
        allowsRagged: try keys.flag(map, "ragged"), skipsIncomplete: skipsIncomplete ?? false, labels: labels,
        filter: rows, heldOut: heldOut)
    }
  }

  /// Rows are held out from training only where a dev split reads the file of train in the same way, and all such splits
  /// the same number; anything else would score a model on rows that it was trained on.
  private func checkHeldOut(_ splits: [SplitSource], in node: Node) throws(TaskError) {
    let entries = Dictionary(
      try keys.members(node, "splits").map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    let trained = splits.filter { $0.split == .train }.flatMap(\.files)
    var counts: [String: Int] = [:]
    for source in splits {
      let name = source.split.name
      for file in source.files {
        guard let count = file.heldOut else { continue }
        let entry = entries[name]
        func bad(_ reason: String) -> TaskError { keys.bad(entry, "\(name): key hold_out: \(reason)") }
        guard source.split.isDev else { throw bad("only a dev split holds rows out from train; remove the key") }
        guard let own = trained.first(where: { $0.name == file.name }) else {
          throw bad("train does not read \(file.name); expected the file of train, or no hold_out")
        }
        guard own.hasSameRows(as: file) else {
          throw bad("train reads \(file.name) with other keys, and so has other rows; expected the same keys in both")
        }
        guard counts.updateValue(count, forKey: file.name) ?? count == count else {
          throw bad("found \(count) for \(file.name), of which another split has another number; expected one number")
        }
      }
    }
  }

  private func filter(_ node: Node, keepsListed: Bool) throws(TaskError) -> RowFilter {
    let map = try keys.mapping(node, keepsListed ? "only" : "except", allowed: ["file", "columns"])
    let columns = try keys.strings(map, "columns")
    guard !columns.isEmpty, format.isTable else {
      throw keys.bad(node, "expected the columns of a table whose values the file lists")
    }
    return RowFilter(
      file: try keys.file(keys.required(map, "file", node), "file"), columns: columns, keepsListed: keepsListed)
  }
}
