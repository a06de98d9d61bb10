import Support
import Tokenization

/// The folder of a task's data.
package struct DataLocation: Sendable {
  package enum Source: String, Sendable {
    case files
    /// The few examples bundled with the program. A score on them is not a benchmark score.
    case sample
  }

  package let folder: String
  package let source: Source
}

extension BenchmarkTask {
  /// Finds the folder of the data. A given folder always counts. Otherwise the folder of `task.yaml` counts if it holds
  /// the file of a split, then its subfolder `data/`, then its subfolder `sample/`.
  ///
  /// - Throws: ``TaskError/noData(task:tried:)`` if there is none.
  package func locateData(_ given: String?) throws(TaskError) -> DataLocation {
    if let given {
      guard Files.isFolder(given) else { throw .noData(task: name, tried: [given]) }
      return DataLocation(folder: given, source: Files.isSame(given, folder + "/sample") ? .sample : .files)
    }
    if splits.contains(where: { Files.exists(folder + "/" + $0.source.file) }) {
      return DataLocation(folder: folder, source: .files)
    }
    if Files.isFolder(folder + "/data") { return DataLocation(folder: folder + "/data", source: .files) }
    if Files.isFolder(folder + "/sample") { return DataLocation(folder: folder + "/sample", source: .sample) }
    throw .noData(task: name, tried: [folder + "/data", folder + "/sample"])
  }

  /// Reads a split from its file in `folder`.
  ///
  /// - Parameter limit: the number of examples to keep, from the first; `nil` for all. All lines are checked.
  /// - Throws: ``TaskError`` naming the file and, for a fault in a line, the line.
  package func load(_ split: Split, from folder: String, limit: Int? = nil) throws(TaskError) -> SplitData {
    guard let source = splits.first(where: { $0.split == split })?.source else {
      throw .noSplit(task: name, split: split.name, path: path, known: splits.map(\.split.name))
    }
    let file = folder + "/" + source.file
    guard Files.exists(file) else {
      throw .missingSplit(task: name, split: split.name, path: file)
    }
    let table = try TabSeparatedFile(path: file)
    var rows = table.rows[...]
    let names = try source.hasHeader ? BenchmarkTask.header(rows.popFirst(), of: file) : source.columns
    guard !rows.isEmpty else { throw .empty(path: file) }
    let columns = try Columns(self, split, names, hasHeader: source.hasHeader, file)
    let examples = try rows.enumerated().map { (index, row) throws(TaskError) in
      guard row.fields.count == names.count else {
        throw .badLine(
          path: file, line: row.line,
          reason: "found \(row.fields.count) tab-separated columns, expected \(names.count)")
      }
      return Example(
        index: index, line: row.line,
        inputs: [TextInput(Array(row.fields[columns.text]), columns.pair.map { Array(row.fields[$0]) })],
        answer: try columns.label.map { (position) throws(TaskError) in
          try answer(row.fields[position], file, row.line)
        })
    }
    let digest: String
    do throws(FileError) { digest = try Digest.sha256(ofFile: file) } catch { throw .unreadable(error) }
    return SplitData(
      split: split, examples: Array(examples.prefix(limit ?? examples.count)), available: examples.count,
      files: [(file, digest)])
  }

  /// The column names in the first line of a file.
  private static func header(_ row: TabSeparatedFile.Row?, of file: String) throws(TaskError) -> [String] {
    guard let row else { throw .empty(path: file) }
    let names = row.fields.map { String(decoding: $0, as: UTF8.self) }
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw .badLine(path: file, line: 1, reason: "two columns are named \(twice); expected different names")
    }
    return names
  }

  /// The columns of text, second text and label, from 0.
  private struct Columns {
    let text: Int
    let pair: Int?
    let label: Int?

    init(
      _ task: BenchmarkTask, _ split: Split, _ names: [String], hasHeader: Bool, _ file: String
    ) throws(TaskError) {
      func position(_ name: String) throws(TaskError) -> Int {
        guard let position = names.firstIndex(of: name) else {
          throw .badLine(
            path: file, line: 1,
            reason: "no column \(name) among \(names.joined(separator: ", ")); "
              + (hasHeader
                ? "header: true takes this line as the names of the columns, separated by tabs; where a file has none, "
                  + "task.yaml gives them: columns: [...]"
                : "task.yaml names the columns of this file under columns"))
        }
        return position
      }
      text = try position(task.textColumn)
      pair = try task.pairColumn.map { (name) throws(TaskError) in try position(name) }
      // GLUE's test files have no column of labels.
      label = split.isTest && !names.contains(task.labelColumn) ? nil : try position(task.labelColumn)
    }
  }

  private func answer(_ field: ArraySlice<UInt8>, _ file: String, _ line: Int) throws(TaskError) -> Answer {
    guard let label = labelValues.firstIndex(where: { $0.elementsEqual(field) }) else {
      let expected = labelValues.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " or ")
      throw .badLine(
        path: file, line: line, reason: "label \"\(String(decoding: field, as: UTF8.self))\", expected \(expected)")
    }
    return .label(label)
  }
}

/// Finds tasks by name or path.
package enum TaskRegistry {
  /// Names of all tasks in the folders that are searched.
  package static var names: [String] { SearchPath(.tasks).names }

  /// Reads the description of a task.
  ///
  /// - Parameter name: the name of a folder under `tasks/`, or the path of a `task.yaml` or its folder.
  /// - Throws: ``TaskError`` if there is no such task or its `task.yaml` is wrong.
  package static func find(_ name: String) throws(TaskError) -> BenchmarkTask {
    guard var path = SearchPath(.tasks).find(name) else { throw .unknownTask(name: name, known: names) }
    if Files.isFolder(path) {
      guard Files.exists(path + "/task.yaml") else { throw .noDescription(task: name, folder: path) }
      path += "/task.yaml"
    }
    return try TaskDescriptionReader(path: path).read()
  }
}
