import Support

/// A grid's folder: one folder for each cell, logs, and `grid.json`, which says what each cell is before it runs.
final class GridFolder {
  let path: String
  private let lock: FolderLock
  /// Cells that `grid.json` has, by name, with their identity.
  private var recorded: [(name: String, identity: JSON)] = []

  /// Creates the folder, or takes up the grid in it, and keeps other grids out while this process lives.
  ///
  /// - Throws: ``GridError`` or ``FileError``.
  init(_ path: String) throws {
    self.path = path
    let entries = Files.isFolder(path) ? try Files.entries(path) : []
    // A grid that was killed before its first record leaves its lock and its empty logs.
    guard entries.contains("grid.json") || Set(entries).isSubset(of: ["grid.lock", "logs"]) else {
      throw GridError.outputNotEmpty(path: path)
    }
    try Files.makeFolders(path + "/logs")
    guard let lock = try FolderLock.take(path + "/grid.lock") else {
      throw GridError.locked(path: path, by: Files.lines(path + "/grid.lock").first)
    }
    lock.write(FolderClaim.thisProcess + "\n")
    self.lock = lock
    let file = path + "/grid.json"
    // Looked for only now: a grid that had the folder until then may have written it since.
    guard Files.exists(file) else { return }
    guard let json = try? JSON.parse(Files.read(file, limit: 1 << 28)), let cells = json["cells"]?.array else {
      throw GridError.badFile(path: file, reason: "is not a grid's record; choose another --output")
    }
    for cell in cells {
      guard let name = cell["name"]?.string, let identity = cell["identity"] else {
        throw GridError.badFile(path: file, reason: "a cell has no name or identity; choose another --output")
      }
      recorded.append((name, identity))
    }
  }

  func folder(of cell: GridCell) -> String { path + "/" + cell.name }
  func log(of cell: GridCell) -> String { path + "/logs/" + cell.name + ".txt" }

  /// - Throws: ``GridError/otherSettings(folder:cell:difference:)`` when a cell was recorded with other settings.
  func check(_ cells: [GridCell]) throws(GridError) {
    for cell in cells {
      guard let old = recorded.first(where: { $0.name == cell.name })?.identity, old != cell.identity else { continue }
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
    // Cells of an earlier, larger grid stay on disk; to leave them out of the record would lose them.
    if let gone = recorded.first(where: { old in !cells.contains { $0.name == old.name } }) {
      throw .otherSettings(folder: path, cell: gone.name, difference: "it is not part of the grid asked for")
    }
  }
}
