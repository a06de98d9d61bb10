import Support

extension BenchmarkTask {
  /// Reads a split from its file.
  ///
  /// - Parameters:
  ///   - kind: the protocol that the examples are read for, which decides their inputs.
  ///   - limit: the number of examples to keep, from the first; `nil` for all. All lines are checked.
  /// - Throws: ``TaskError`` naming the file and, for a fault in a line, the line.
  package func load(
    _ split: Split, from location: DataLocation, for kind: ProtocolKind? = nil, limit: Int? = nil
  ) throws(TaskError) -> SplitData {
    guard let source = splits.first(where: { $0.split == split }) else {
      throw .noSplit(task: name, split: split.name, path: path, known: splits.map(\.split.name))
    }
    let (file, data) = try self.file(of: source, in: location)
    return try load(file, of: source, from: data, for: kind ?? protocols[0], limit: limit)
  }

  /// The file that holds a split, and the folder that holds the file.
  func file(
    of source: SplitSource, in location: DataLocation
  ) throws(TaskError) -> (file: SplitFile, data: DataFolder) {
    let data = location.data
    guard let file = source.files.first(where: { data.contains($0.name) }) else {
      throw .missingSplit(
        task: name, split: source.split.name, path: data.path + "/" + source.files.map(\.name).joined(separator: " or ")
      )
    }
    return (file, data)
  }

  /// Reads a file of the user's own in the layout of a split, e.g. texts without labels to predict.
  package func load(
    file path: String, as split: Split, for kind: ProtocolKind, limit: Int? = nil
  ) throws(TaskError) -> SplitData {
    guard let source = splits.first(where: { $0.split == split }), var file = source.files.first else {
      throw .noSplit(task: name, split: split.name, path: self.path, known: splits.map(\.split.name))
    }
    guard Files.exists(path) else { throw .noInput(task: name, split: split.name, path: path) }
    file = SplitFile(
      name: Files.name(of: path), hasHeader: file.hasHeader, columns: file.columns, allowsRagged: file.allowsRagged,
      skipsIncomplete: file.skipsIncomplete)
    // A test split's name says which answers are looked for; the answers of any other need not be known here either.
    let own = SplitSource(
      split: split.isTest ? split : .test, files: [file], officialCount: nil, submission: nil, extract: source.extract)
    return try load(file, of: own, from: DataFolder(path: Files.parent(of: path) ?? "."), for: kind, limit: limit)
  }

  private func load(
    _ file: SplitFile, of source: SplitSource, from data: DataFolder, for kind: ProtocolKind, limit: Int?
  ) throws(TaskError) -> SplitData {
    let content = try SplitLoader(task: self, data: data, file: file, split: source.split).load()
    // Every row is checked, whether it is kept or not, so that a trial finds the faults of the whole file.
    return self.data(of: content, source, try examples(of: content, source, for: kind), limit: limit)
  }

  /// What a split holds, with the files that it came from.
  func data(
    of content: SplitLoader.Content, _ source: SplitSource, _ found: SplitExamples, limit: Int? = nil
  ) -> SplitData {
    let all = found.examples
    var data = SplitData(
      split: source.split, examples: limit.map { Array(all.prefix($0)) } ?? all, available: all.count,
      official: source.officialCount, files: content.files, skipped: found.skipped,
      heldOut: content.holdOut?.isDev == false ? found.heldOut : 0)
    if let holdOut = content.holdOut, holdOut.isDev, found.heldOut < holdOut.asked { data.heldOutAsked = holdOut.asked }
    return data
  }

  /// Makes examples of rows.
  ///
  /// - Parameter faults: takes the faults of rows, which are then left out; `nil` where the first fault is thrown.
  func examples(
    of content: SplitLoader.Content, _ source: SplitSource, for kind: ProtocolKind, faults: FaultCollector? = nil
  ) throws(TaskError) -> SplitExamples {
    let reader = ExampleReader(
      task: self, kind: kind, path: content.path, needsAnswers: !source.split.isTest, extract: source.extract,
      skipsIncomplete: content.skipsIncomplete)
    var (examples, skipped): ([Example], Int) = ([], 0)
    let (rows, heldOut) = try reader.divide(content)
    examples.reserveCapacity(rows.count)
    for (index, row) in rows.enumerated() {
      do throws(TaskError) {
        if let example = try reader.example(row.row, index: index, label: row.label) {
          examples.append(example)
        } else {
          skipped += 1
        }
      } catch {
        guard let faults else { throw error }
        faults.add(error)
      }
    }
    guard !examples.isEmpty || faults != nil else { throw .empty(path: content.path) }
    return SplitExamples(examples: examples, skipped: skipped, heldOut: heldOut)
  }
}

/// The examples of a split before a limit.
struct SplitExamples {
  let examples: [Example]
  /// Number of incomplete rows that were left out.
  let skipped: Int
  /// Number of rows of the file that a dev split has of the training file.
  let heldOut: Int
}

/// Reads the rows of one split: the file, the file of its labels, and the files that say which rows belong to it.
struct SplitLoader {
  let task: BenchmarkTask
  let data: DataFolder
  let file: SplitFile
  let split: Split
  /// Takes the faults of rows, which are then left out; `nil` where the first fault is thrown.
  var faults: FaultCollector?

  struct Content {
    let path: String
    let skipsIncomplete: Bool
    var rows: [(row: DataRow, label: [UInt8]?)]
    var files: [(path: String, sha256: String)]
    /// How training and dev split divide the rows; `nil` where all are this split's.
    var holdOut: HoldOut?
  }

  func load() throws(TaskError) -> Content {
    let found = try read(file.name)
    let table = try DataTable(
      found, format: task.format, header: file.hasHeader, columns: file.columns, records: task.records,
      lengths: file.allowsRagged ? .any : file.skipsIncomplete ? .orShorter : .exact, faults: faults)
    if task.format.isTable { try checkColumns(table.columnNames, found.path) }
    var content = Content(
      path: found.path, skipsIncomplete: file.skipsIncomplete, rows: table.rows.map { ($0, nil) },
      files: [(found.path, found.sha256)])
    try addLabels(to: &content)
    try filter(&content)
    content.holdOut = holdOut
    guard !content.rows.isEmpty else { throw .empty(path: found.path) }
    return content
  }

  private func read(_ name: String) throws(TaskError) -> DataFile {
    guard let found = try data.read(name) else {
      throw .missingSplit(task: task.name, split: split.name, path: data.path + "/" + name)
    }
    return found
  }

  /// Checks that a table has the columns that the task names, before any row is read.
  private func checkColumns(_ names: [String], _ path: String) throws(TaskError) {
    let fields = task.fields
    var wanted = fields.text.paths + (fields.pair?.paths ?? []) + fields.choices.flatMap(\.paths)
    // The test files of benchmarks have no column of labels.
    if !split.isTest, file.labels == nil { wanted.append(fields.label) }
    guard let missing = wanted.first(where: { !names.contains($0.text) }) else { return }
    // Where some of the names are right, the line is that of the names.
    let isHeader = (wanted + (fields.id.map { [$0] } ?? [])).contains { names.contains($0.text) }
    let near = Suggestion.near(missing.text, in: names).first
    let remedy =
      isHeader && file.hasHeader
      ? near.map { "did you mean \($0)?" } ?? "text, text_pair, label and others in task.yaml name the columns"
      : file.hasHeader
        ? "header: true takes this line as the names of the columns, separated by "
          + "\(task.format == .csv ? "commas" : "tabs"); where a file has none, task.yaml gives them: columns: [...]"
        : "task.yaml names the columns of this file under columns"
    throw .badLine(
      path: path, line: 1, reason: "no column \(missing.text) among \(names.joined(separator: ", ")); \(remedy)")
  }

  /// Adds the labels that stand in a file of their own, one a line. The test data of a leaderboard have none.
  private func addLabels(to content: inout Content) throws(TaskError) {
    guard let name = file.labels, !split.isTest || data.contains(name) else { return }
    let labels = try read(name)
    let lines = TextLines(labels.bytes, dropsBlankEnd: true).map(\.bytes)
    guard lines.count == content.rows.count else {
      throw .badLine(
        path: labels.path, line: lines.count,
        reason: "found \(lines.count) labels, expected \(content.rows.count), one for each example of \(content.path)")
    }
    for index in content.rows.indices { content.rows[index].label = Array(lines[index]) }
    content.files.append((labels.path, labels.sha256))
  }

  /// Keeps the rows that a second file lists, or all others.
  private func filter(_ content: inout Content) throws(TaskError) {
    guard let filter = file.filter else { return }
    let found = try read(filter.file)
    let listed = try DataTable(found, format: task.format, columns: filter.columns)
    func key(_ row: DataRow) throws(TaskError) -> [[UInt8]?] {
      try filter.columns.map { (column) throws(TaskError) in
        guard let path = FieldPath(column) else { return nil }
        do throws(FieldFault) { return try row.text(path) } catch {
          throw .badLine(path: content.path, line: row.line, reason: error.message)
        }
      }
    }
    var keys = Set<[[UInt8]?]>()
    for row in listed.rows { keys.insert(try key(row)) }
    var kept: [(row: DataRow, label: [UInt8]?)] = []
    for row in content.rows where keys.contains(try key(row.row)) == filter.keepsListed { kept.append(row) }
    content.rows = kept
    content.files.append((found.path, found.sha256))
  }

  /// The division of a file that both training and dev split read.
  private var holdOut: HoldOut? {
    if let own = file.heldOut { return HoldOut(asked: own, isDev: true) }
    guard split == .train else { return nil }
    let other = task.splits.lazy.filter { $0.split.isDev }.compactMap { source in
      source.files.first { $0.name == file.name && $0.heldOut != nil }?.heldOut
    }.first
    return other.map { HoldOut(asked: $0, isDev: false) }
  }
}
