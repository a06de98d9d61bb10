import Results
import Support

/// Everything that the report reads: cells, foreign results, and a sentence for whatever could not be read.
struct ReportInput: Sendable {
  private(set) var cells: [ReportCell] = []
  private(set) var foreign: [ForeignRow] = []
  /// What is wrong with a folder; the others are reported nevertheless.
  private(set) var problems: [String] = []
  /// Folders and files that were read, resolved, so that none counts twice.
  private var seen: Set<String> = []

  /// The largest file read: a record has some kB, a large grid some MB.
  private static let limit = 1 << 26

  /// Reads folders of runs, of grids, of foreign results, folders that hold such folders, and foreign files.
  ///
  /// - Throws: ``ReportError/nothing(problems:isMissing:)`` where nothing could be read.
  init(_ paths: [String]) throws(ReportError) {
    var isMissing = true
    let paths = ReportInput.folders(paths)
    let names = paths.map { Files.name(of: Files.resolved($0)) }
    // The order in which the folders were named must not show in the report.
    for (path, name) in zip(paths, names).sorted(by: { ($0.1, $0.0) < ($1.1, $1.0) }) {
      isMissing = isMissing && !Files.exists(path)
      // A report goes to others, whom the rest of a path does not concern, unless two folders have the same name.
      read(path, label: names.count { $0 == name } > 1 ? path : name)
    }
    guard !cells.isEmpty || !foreign.isEmpty else {
      throw .nothing(problems: problems, isMissing: isMissing)
    }
    cells.sort {
      ($0.task, $0.optimizer, $0.learningRate ?? 0, $0.seed.count, $0.seed, $0.label)
        < ($1.task, $1.optimizer, $1.learningRate ?? 0, $1.seed.count, $1.seed, $1.label)
    }
  }

  /// The folders that paths mean: that of a `grid.json`.
  static func folders(_ paths: [String]) -> [String] { paths.map { Files.folder(named: $0, orOf: "grid.json") } }

  private mutating func read(_ path: String, label: String) {
    switch Files.kind(path) {
    case nil: problems.append("\(label): there is no such folder")
    case .hidden(let reason): problems.append("\(label): cannot be read: \(reason)")
    case .other: problems.append("\(label): is neither a folder nor a file")
    case .file:
      if isNew(path) { readForeign(path, label: label, isExpected: true) }
    case .folder:
      let before = (cells.count, foreign.count, problems.count)
      let entries = readFolder(path, label: label)
      // Such as `runs/`, or the folder of a harness, which holds one folder for each model.
      if (cells.count, foreign.count, problems.count) == before {
        for entry in entries.prefix(10_000) {
          let inner = path + "/" + entry
          guard Files.isFolder(inner), ReportInput.holdsResults(inner) else { continue }
          _ = readFolder(inner, label: label + "/" + entry)
        }
      }
      if (cells.count, foreign.count, problems.count) == before {
        problems.append("\(label): holds neither a run (results.json) nor a grid (grid.json)")
      }
    }
  }

  private mutating func isNew(_ path: String) -> Bool { seen.insert(Files.resolved(path)).inserted }

  private static func holdsResults(_ folder: String) -> Bool {
    ((try? Files.entries(folder)) ?? []).contains { $0 == "grid.json" || $0 == "results.json" || ForeignRow.isName($0) }
  }

  /// Reads what lies directly in a folder.
  ///
  /// - Returns: the names in the folder, for a look inside where it holds nothing itself.
  private mutating func readFolder(_ path: String, label: String) -> [String] {
    let entries: [String]
    do throws(FileError) { entries = try Files.entries(path) } catch {
      problems.append("\(label): cannot be read: \(error.message)")
      return []
    }
    guard isNew(path) else {
      problems.append("\(label): was named twice and is counted once")
      return []
    }
    if entries.contains("grid.json") {
      readGrid(path, label: label)
    } else if entries.contains("results.json") {
      readRun(path, label: label)
    }
    for name in entries where ForeignRow.isName(name) {
      readForeign(path + "/" + name, label: label + "/" + name, isExpected: false)
    }
    return entries
  }

  /// The JSON of a file, or a problem that says why there is none.
  private mutating func json(_ path: String, label: String) -> JSON? {
    do { return try JSON.parse(Files.read(path, limit: ReportInput.limit)) } catch let error as FileError {
      problems.append("\(label): \(ReportInput.reason(error)); it is left out")
    } catch {
      let reason = (error as? JSONParseError)?.description ?? error.localizedDescription
      problems.append("\(label): is not JSON, or damaged: \(reason); it is left out")
    }
    return nil
  }

  /// A file's fault without its path, which the label stands for.
  private static func reason(_ error: FileError) -> String {
    switch error {
    case .tooLarge(_, let bytes, let limit): "has \(bytes) bytes, expected at most \(limit)"
    case .missing: "is not there"
    case .isDirectory: "is a folder, expected a file"
    case .unreadable(_, let reason): "cannot be read: \(reason)"
    default: error.message
    }
  }

  private mutating func readRun(_ path: String, label: String) {
    guard let json = json(path + "/results.json", label: label + "/results.json") else { return }
    // The harness's file may have this name too.
    if let rows = ForeignRow.rows(json, source: label + "/results.json") {
      foreign += rows
      return
    }
    do { cells.append(ReportCell(path: path, label: label, record: try RunRecord(json))) } catch {
      problems.append("\(label)/results.json: \(error.message); it is left out")
    }
  }

  private mutating func readGrid(_ path: String, label: String) {
    guard let json = json(path + "/grid.json", label: label + "/grid.json") else { return }
    if let version = json["schema_version"]?.integer, version > SchemaVersion.grid {
      problems.append("\(label)/grid.json: \(SchemaVersion.newer(version, than: SchemaVersion.grid)); it is left out")
      return
    }
    guard let entries = json["cells"]?.array else {
      problems.append("\(label)/grid.json: has no cells, so it is not a grid's record; it is left out")
      return
    }
    for (index, entry) in entries.enumerated() {
      guard let name = entry["name"]?.string, !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
        problems.append("\(label)/grid.json: cell \(index + 1) has no name that a folder can have; it is left out")
        continue
      }
      let (folder, cell) = (path + "/" + name, label + "/" + name)
      guard isNew(folder) else {
        problems.append("\(cell): was named twice and is counted once")
        continue
      }
      let file = folder + "/results.json"
      guard Files.exists(file) else {
        let told = entry["status"]?.string.flatMap(ReportCell.Status.init(word:))
        let reason = entry["reason"]?.string
        switch told {
        case .completed:
          cells.append(
            ReportCell(
              path: folder, label: cell, grid: entry, status: .unreadable, reason: "its results.json is not there"))
        default:
          cells.append(ReportCell(path: folder, label: cell, grid: entry, status: told ?? .pending, reason: reason))
        }
        continue
      }
      var reason = "its results.json is damaged"
      if let json = self.json(file, label: cell + "/results.json") {
        do {
          cells.append(ReportCell(path: folder, label: cell, record: try RunRecord(json), grid: entry))
          continue
        } catch {
          problems.append("\(cell)/results.json: \(error.message)")
          if error.newerVersion != nil { reason = "its results.json is of a newer program" }
        }
      }
      cells.append(ReportCell(path: folder, label: cell, grid: entry, status: .unreadable, reason: reason))
    }
  }

  private mutating func readForeign(_ path: String, label: String, isExpected: Bool) {
    guard let json = json(path, label: label) else { return }
    if let rows = ForeignRow.rows(json, source: label) {
      foreign += rows
    } else if isExpected {
      problems.append(
        "\(label): expected a folder, or a trainer_state.json, an all_results.json or a result of the evaluation harness"
      )
    } else {
      problems.append("\(label): has the name of a foreign result, but not its form; it is left out")
    }
  }
}
