import Support
import Tokenization

/// Which folder a task's data come from.
package struct DataLocation: Sendable {
  package enum Source: String, Sendable {
    case files
    /// The few examples bundled with the program; a score on them is not a benchmark's.
    case sample
  }

  package let folder: String
  package let source: Source
}

extension BenchmarkTask {
  /// The folder given; else that of the `task.yaml`, where a file of a split lies beside it; else its `data/`; else its
  /// bundled `sample/`.
  ///
  /// - Throws: ``TaskError/noData(task:tried:)`` when none is there.
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

  /// Reads a split.
  ///
  /// - Parameter limit: keeps the first examples only.
  /// - Throws: ``TaskError`` naming file and line of whatever is wrong.
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

  /// The names in the first line of a file.
  private static func header(_ row: TabSeparatedFile.Row?, of file: String) throws(TaskError) -> [String] {
    guard let row else { throw .empty(path: file) }
    let names = row.fields.map { String(decoding: $0, as: UTF8.self) }
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw .badLine(path: file, line: 1, reason: "two columns are named \(twice); expected different names")
    }
    return names
  }

  /// Where in a line the parts of an example stand.
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
      // Test files of GLUE have no labels.
      label = split.isTest && !names.contains(task.labelColumn) ? nil : try position(task.labelColumn)
    }
  }

  private func answer(_ field: ArraySlice<UInt8>, _ file: String, _ line: Int) throws(TaskError) -> Answer {
    guard let answer = kind.answer(field, values: labelValues) else {
      throw .badLine(
        path: file, line: line,
        reason: "label \"\(String(decoding: field, as: UTF8.self))\", expected \(kind.expected(labelValues))")
    }
    return answer
  }
}

/// Finding tasks by name or path.
package enum TaskRegistry {
  /// Names of all tasks that can be found.
  package static var names: [String] { SearchPath(.tasks).names }

  /// - Parameter name: a folder of `tasks/`, or a path to a `task.yaml` or its folder.
  /// - Throws: ``TaskError`` when there is none, or its description is wrong.
  package static func find(_ name: String) throws(TaskError) -> BenchmarkTask {
    guard var path = SearchPath(.tasks).find(name) else { throw .unknownTask(name: name, known: names) }
    if Files.isFolder(path) {
      guard Files.exists(path + "/task.yaml") else { throw .noDescription(task: name, folder: path) }
      path += "/task.yaml"
    }
    return try TaskDescriptionReader(path: path).read()
  }
}
