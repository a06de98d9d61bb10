import Support

/// The state of the files that a report reads: equal as long as none was added, removed or written.
struct FolderFingerprint: Equatable, Sendable {
  private var stamps: [String: FileStamp] = [:]

  /// As deep as the report looks: `runs/GRID/CELL`.
  private static let depth = 2
  /// Folders in runs and grids that hold no results, and may hold many files.
  private static let others: Set = ["model", "logs", "state", "tensorboard"]

  init(_ paths: [String]) { for path in paths { visit(path, FolderFingerprint.depth) } }

  private mutating func visit(_ path: String, _ depth: Int) {
    // A folder's own stamp changes with the names in it.
    stamps[path] = FileStamp(path)
    for name in (try? Files.entries(path)) ?? [] {
      let inner = path + "/" + name
      if name == "grid.json" || name == "results.json" || ForeignRow.isName(name) {
        stamps[inner] = FileStamp(inner)
      } else if depth > 0, !FolderFingerprint.others.contains(name), Files.isFolder(inner) {
        visit(inner, depth - 1)
      }
    }
  }
}
