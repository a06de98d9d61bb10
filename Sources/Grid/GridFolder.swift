import Support

/// A grid's folder, which holds one folder for each cell, logs, and `grid.json`, which records each cell's identity
/// before the cell runs.
final class GridFolder {
  let path: String
  private let lock: FolderLock
  /// What the folder's `grid.json` said when the folder was opened; `nil` for a new grid.
  let recorded: GridRecord?

  /// Creates the folder or opens the grid in it, and keeps other grids out while this process lives.
  ///
  /// - Throws: ``GridError`` or ``FileError``.
  init(_ path: String) throws {
    self.path = path
    try GridFolder.check(path)
    try Files.makeFolders(path + "/logs")
    // `grid status` may hold the lock for a moment.
    guard let lock = try FolderLock.take(GridFolder.lock(of: path), patience: .milliseconds(300)) else {
      throw GridError.locked(path: path, by: Files.lines(GridFolder.lock(of: path)).first)
    }
    lock.write(FolderClaim.thisProcess + "\n")
    self.lock = lock
    for name in try Files.entries(path)
    where [GridFolder.record, GridFolder.chart].contains(where: { file in
      name != file && Files.isName(name, of: file)
    }) { try Files.remove(path + "/" + name) }
    // This follows the lock, since another grid may have written the file until it released the lock.
    recorded = try GridRecord(folder: path)
  }

  static let record = "grid.json"
  static let chart = "grid.svg"

  static func lock(of path: String) -> String { path + "/grid.lock" }

  /// Checks that the folder is missing, new or a grid's.
  ///
  /// - Throws: ``GridError/outputNotEmpty(path:)``, or ``FileError`` when the folder cannot be read.
  static func check(_ path: String) throws {
    let entries = Files.isFolder(path) ? try Files.entries(path) : []
    // A grid that was killed while it first wrote `grid.json` leaves its lock, its log folder and half a file.
    let isNew = entries.allSatisfy { ["grid.lock", "logs"].contains($0) || Files.isName($0, of: record) }
    guard entries.contains(record) || isNew else {
      throw GridError.outputNotEmpty(path: path)
    }
  }

  func folder(of cell: GridCell) -> String { path + "/" + cell.name }
  func log(of cell: GridCell) -> String { path + "/logs/" + cell.name + ".txt" }
  func evaluations(of cell: GridCell) -> String { GridFolder.evaluations(of: cell.name, in: path) }

  static func evaluations(of cell: String, in path: String) -> String { path + "/logs/" + cell + ".evaluations.jsonl" }

  /// Checks that the recorded cells are among `cells`, with the same settings.
  ///
  /// - Throws: ``GridError/otherSettings(folder:cell:difference:)`` when a recorded cell has other settings or is not
  ///   in `cells`.
  static func check(_ recorded: GridRecord, _ cells: [GridCell], in path: String) throws(GridError) {
    for cell in cells {
      guard let old = recorded.cells.first(where: { $0.name == cell.name })?.identity, old != cell.identity else {
        continue
      }
      var differences: [String] = []
      for part in ["settings", "optimizer_option"] {
        let (before, now) = (old[part]?.object ?? JSONObject(), cell.identity[part]?.object ?? JSONObject())
        for key in Set((before.members + now.members).map(\.key.description)).sorted() where before[key] != now[key] {
          differences.append(
            "\(key) was \(before[key]?.summary ?? "not given"), is now \(now[key]?.summary ?? "not given")")
        }
      }
      throw .otherSettings(folder: path, cell: cell.name, difference: differences.joined(separator: "; "))
    }
    // The new record would lose cells of an earlier, larger grid, which stay on disk.
    if let gone = recorded.cells.first(where: { old in !cells.contains { $0.name == old.name } }) {
      throw .otherSettings(folder: path, cell: gone.name, difference: "it is not part of the grid asked for")
    }
  }
}
