import Support

/// A grid's folder, which holds one folder for each cell, logs, and `grid.json`, which records each cell's identity
/// before the cell runs.
final class GridFolder {
  let path: String
  private let lock: FolderLock
  /// Names and identities of the cells in `grid.json`.
  private var recorded: [(name: String, identity: JSON)] = []

  /// Creates the folder or opens the grid in it, and keeps other grids out while this process lives.
  ///
  /// - Throws: ``GridError`` or ``FileError``.
  init(_ path: String) throws {
    self.path = path
    let entries = Files.isFolder(path) ? try Files.entries(path) : []
    // A grid that was killed before it wrote `grid.json` leaves only its lock and its log folder.
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
    // This check follows the lock, since another grid may have written the file until it released the lock.
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

  /// Checks that the recorded cells are among `cells`, with the same settings.
  ///
  /// - Throws: ``GridError/otherSettings(folder:cell:difference:)`` when a recorded cell has other settings or is not
  ///   in `cells`.
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
    // The new record would lose cells of an earlier, larger grid, which stay on disk.
    if let gone = recorded.first(where: { old in !cells.contains { $0.name == old.name } }) {
      throw .otherSettings(folder: path, cell: gone.name, difference: "it is not part of the grid asked for")
    }
  }
}
