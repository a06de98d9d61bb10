import Results
import Support

/// What `grid.json` says of a grid, as far as the grid that goes on with it and `grid status` need it.
struct GridRecord: Sendable {
  struct Cell: Sendable {
    let name: String
    let identity: JSON
    let task: String
    let optimizer: String
    let seed: String
    let outcome: CellOutcome
    /// Whether the cell's learning rate lies beyond those asked for.
    let isExtended: Bool

    /// Planned peak memory in bytes; `nil` where it was not known.
    let plannedBytes: Int?

    /// A setting that the cell was begun with.
    func setting(_ key: String) -> String? { identity["settings"]?[key]?.string }
  }

  let cells: [Cell]
  let isComplete: Bool
  let jobs: Int
  /// The rule by which cells are cut, e.g. `median`.
  let stop: String
  /// The best setting of each task and optimizer so far, as ``GridGroup`` writes it.
  let winners: [JSON]

  /// Reads the record of the grid in a folder; `nil` where there is none.
  ///
  /// - Throws: ``GridError/badFile(path:reason:)``, or ``FileError``.
  init?(folder: String) throws {
    let file = folder + "/grid.json"
    guard Files.exists(file) else { return nil }
    let bytes = try Files.read(file, limit: 1 << 28)
    guard let json = try? JSON.parse(bytes), let entries = json["cells"]?.array else {
      throw GridError.badFile(path: file, reason: "is not a grid's record; choose another --output")
    }
    if let version = json["schema_version"]?.integer, version > SchemaVersion.grid {
      throw GridError.badFile(
        path: file, reason: SchemaVersion.newer(version, than: SchemaVersion.grid) + "; choose another --output")
    }
    var cells: [Cell] = []
    for entry in entries {
      var seed = ""
      if case .number(let text) = entry["seed"] ?? .null { seed = text }
      guard let name = entry["name"]?.string, !name.isEmpty, !name.contains("/"), ![".", ".."].contains(name),
        let identity = entry["identity"]
      else {
        throw GridError.badFile(path: file, reason: "a cell has no name or identity; choose another --output")
      }
      cells.append(
        Cell(
          name: name, identity: identity, task: entry["task"]?.string ?? "",
          optimizer: entry["optimizer"]?.string ?? "",
          seed: seed, outcome: CellOutcome(entry), isExtended: entry["extended"]?.bool ?? false,
          plannedBytes: entry["planned_peak_bytes"]?.integer))
    }
    self.cells = cells
    isComplete = json["status"]?.string == "completed"
    jobs = max(1, json["jobs"]?.integer ?? 1)
    winners = json["winners"]?.array ?? []
    stop = json["stop"]?.string ?? StopRule.none.rawValue
  }
}

extension CellOutcome {
  /// What the entry of a cell in `grid.json` says beyond the cell's own record.
  init(_ entry: JSON) {
    status = entry["status"]?.string.flatMap(Status.init(word:)) ?? .pending
    reason = entry["reason"]?.string
    seconds = entry["seconds"]?.double ?? entry["train_seconds"]?.double
    // A file may say anything; no grid makes so many.
    attempts = min(max(0, entry["attempts"]?.integer ?? 0), 1 << 20)
    cut = entry["stop"].flatMap(StopRule.Cut.init)
    learningRate = entry["learning_rate"]?.double
    primaryMetric = entry["primary_metric"]?.string
  }

  /// The outcome of the cell in `folder` by its own record, and by what the grid recorded of it.
  ///
  /// - Throws: ``GridError/badFile(path:reason:)`` for an unreadable record.
  init(folder: String, recorded: CellOutcome?) throws {
    try self.init(folder: folder)
    attempts = recorded?.attempts ?? 0
    if status.isFinal || recorded?.status == .failed { seconds = recorded?.seconds }
    if status == .failed, let text = recorded?.reason, recorded?.status == .failed { reason = text }
    // The files of the attempt tell no more than that it was begun.
    if status == .pending, let recorded, [.running, .interrupted].contains(recorded.status) { status = .interrupted }
    // What was cut stays cut, whatever its run's record says.
    if let recorded, recorded.status == .cut, let cut = recorded.cut {
      self = self.cut(by: cut)
      seconds = recorded.seconds
    }
  }
}
