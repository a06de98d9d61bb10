/// A control group above this process, which may limit its memory and its processors.
package struct ControlGroup: Sendable {
  /// Folder of its files.
  package let folder: String
  /// As `/proc/self/cgroup` names it, or a group above.
  package let name: String
  /// 1 or 2: their files have other names.
  package let version: Int

  /// The groups of a controller, from the process's own to the root, of both versions.
  ///
  /// - Parameters:
  ///   - controller: its name in version 1, e.g. `memory`.
  ///   - root: holds `proc` and `sys`.
  package static func all(of controller: String, root: String = "/") -> [ControlGroup] {
    var groups: [ControlGroup] = []
    for line in Files.lines(root + "proc/self/cgroup") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3 else { continue }
      let isFirst = fields[1].split(separator: ",").contains { $0 == controller }
      guard isFirst || (fields[0] == "0" && fields[1].isEmpty) else { continue }
      // Controllers of version 1 that are mounted together have a folder of both names.
      let mounts = isFirst ? Set([controller, fields[1]]).sorted() : ["", "unified"]
      for mount in mounts {
        var path = fields[2]
        while true {
          groups.append(
            ControlGroup(folder: "\(root)sys/fs/cgroup/\(mount)\(path)", name: path, version: isFirst ? 1 : 2))
          guard path != "/", !path.isEmpty else { break }
          path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        }
      }
    }
    return groups
  }

  /// The fields of the first line of one of its files; empty where it has none.
  package func fields(_ file: String) -> [String] {
    lines(file).first.map { $0.split(separator: " ").map(String.init) } ?? []
  }

  package func lines(_ file: String) -> [String] { Files.lines(folder + "/" + file) }
}
