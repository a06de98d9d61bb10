/// The search for folders of `tasks` and `checkpoints`. A path is used as given; a name is looked for in `./KIND`,
/// `$FINETUNE_HOME/KIND`, `PREFIX/share/finetune/KIND` and the package root above the executable, in this order.
package struct SearchPath: Sendable {
  package enum Kind: String, Sendable {
    case tasks
    case checkpoints

    /// The file that marks a folder as one task or checkpoint.
    var marker: String {
      switch self {
      case .tasks: "task.yaml"
      case .checkpoints: "config.json"
      }
    }
  }

  package let kind: Kind
  /// The existing folders to search, in order of precedence.
  package let folders: [String]

  package init(_ kind: Kind) {
    var candidates = [Files.currentFolder]
    if let home = ProgramArguments.variable("FINETUNE_HOME") { candidates.append(home) }
    var folder = Files.parent(of: SearchPath.executablePath)
    if let prefix = folder.flatMap({ Files.parent(of: $0) }) { candidates.append(prefix + "/share/finetune") }
    // .build/release/finetune and .build/<triple>/release/finetune lie two or three folders below the root.
    for _ in 0..<4 {
      folder = folder.flatMap { Files.parent(of: $0) }
      guard let root = folder, Files.exists(root + "/Package.swift") else { continue }
      candidates.append(root)
      break
    }
    self.init(kind, in: candidates.map { $0 + "/" + kind.rawValue })
  }

  /// - Parameter candidates: folders to search, in order of precedence; missing ones are skipped.
  init(_ kind: Kind, in candidates: [String]) {
    self.kind = kind
    var folders: [String] = []
    for candidate in candidates
    where Files.isFolder(candidate) && !folders.contains(where: { Files.isSame($0, candidate) }) {
      folders.append(candidate)
    }
    self.folders = folders
  }

  /// The path of the running program, links resolved. Another file may have replaced the program at that path.
  package static var executablePath: String {
    let deleted = " (deleted)"
    guard let path = Files.linkTarget("/proc/self/exe") else {
      return Files.resolved(ProgramArguments.all.first ?? "finetune")
    }
    return path.hasSuffix(deleted) && !Files.exists(path) ? String(path.dropLast(deleted.count)) : path
  }

  /// `name` itself when it is a path or is a task or checkpoint in the current folder; otherwise the first match in
  /// ``folders``.
  ///
  /// An entry without the marker is returned only where no better one exists, so that the error names its path.
  package func find(_ name: String) -> String? {
    if SearchPath.isPath(name) { return Files.exists(name) ? name : nil }
    if isOne(name) { return name }
    let entries = folders.map { $0 + "/" + name }
    return entries.first(where: isOne) ?? ([name] + entries).first(where: Files.exists)
  }

  /// A note for the user on which of several candidates ``find(_:)`` chose; `nil` where there was no choice.
  package func note(on name: String) -> String? {
    guard !SearchPath.isPath(name), let found = find(name) else { return nil }
    let entries = folders.map { $0 + "/" + name }
    if found == name {
      guard let other = entries.first(where: { isOne($0) && !Files.isSame($0, name) }) else { return nil }
      return "\(name) is the one in this folder, not \(other)"
    }
    guard let passed = entries.prefix(while: { $0 != found }).first(where: Files.exists) else { return nil }
    return "\(passed) holds no \(kind.marker), so \(name) is \(found)"
  }

  /// The names of all tasks or checkpoints in ``folders``, sorted.
  package var names: [String] {
    let names = folders.flatMap { folder in ((try? Files.entries(folder)) ?? []).filter { isOne(folder + "/" + $0) } }
    return Set(names).sorted()
  }

  /// Whether a task or checkpoint is at the path: a folder with the marker, or a `.yaml`, `.yml` or `.json` file.
  private func isOne(_ path: String) -> Bool {
    guard Files.isFolder(path) else {
      return Files.exists(path) && [".yaml", ".yml", ".json"].contains(where: path.hasSuffix)
    }
    return Files.exists(path + "/" + kind.marker)
  }

  private static func isPath(_ name: String) -> Bool {
    name.utf8.contains(UInt8(ascii: "/")) || [".", ".."].contains(name)
  }
}
