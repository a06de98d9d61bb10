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
  /// The folder given, else the task's own `data/`, else its bundled `sample/`.
  ///
  /// - Throws: ``TaskError/noData(task:tried:)`` when none is there.
  package func locateData(_ given: String?) throws(TaskError) -> DataLocation {
    if let given {
      guard Files.isFolder(given) else { throw .noData(task: name, tried: [given]) }
      return DataLocation(folder: given, source: Files.isSame(given, folder + "/sample") ? .sample : .files)
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
    var columns = source.columns
    if source.hasHeader {
      guard let header = rows.popFirst() else { throw .empty(path: file) }
      columns = header.fields.map { String(decoding: $0, as: UTF8.self) }
      if let twice = columns.first(where: { name in columns.count { $0 == name } > 1 }) {
        throw .badLine(path: file, line: 1, reason: "two columns are named \(twice); expected different names")
      }
    }
    guard !rows.isEmpty else { throw .empty(path: file) }
    func column(_ name: String) throws(TaskError) -> Int {
      guard let position = columns.firstIndex(of: name) else {
        throw .badLine(
          path: file, line: 1,
          reason: "no column \(name); found \(columns.joined(separator: ", ")), is this the official file?")
      }
      return position
    }
    let text = try column(textColumn)
    let pair = try pairColumn.map { (name) throws(TaskError) in try column(name) }
    // Test files of GLUE have no labels.
    let label = split.isTest && !columns.contains(labelColumn) ? nil : try column(labelColumn)
    var examples: [Example] = []
    examples.reserveCapacity(rows.count)
    for (index, row) in rows.enumerated() {
      guard row.fields.count == columns.count else {
        throw .badLine(
          path: file, line: row.line,
          reason: "found \(row.fields.count) tab-separated columns, expected \(columns.count)")
      }
      examples.append(
        Example(
          index: index, line: row.line,
          inputs: [TextInput(Array(row.fields[text]), pair.map { Array(row.fields[$0]) })],
          answer: try label.map { (position) throws(TaskError) in try answer(row.fields[position], file, row.line) }))
    }
    let digest: String
    do throws(FileError) { digest = try Digest.sha256(ofFile: file) } catch { throw .unreadable(error) }
    return SplitData(
      split: split, examples: Array(examples.prefix(limit ?? examples.count)), available: examples.count,
      files: [(file, digest)])
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
