/// A control group of this process or a parent of one; it may limit memory and processors.
package struct ControlGroup: Sendable {
  /// The folder of the group's files, e.g. `/sys/fs/cgroup/memory/job`.
  package let folder: String
  /// The group's path as in `/proc/self/cgroup`, e.g. `/job`.
  package let name: String
  /// 1 or 2; the two versions name their files differently.
  package let version: Int

  /// The groups of a controller, in both versions, each from the process's own group up to the root.
  ///
  /// - Parameters:
  ///   - controller: its name in version 1, e.g. `memory`.
  ///   - root: the folder that holds `proc` and `sys`, ending in `/`.
  package static func all(of controller: String, root: String = "/") -> [ControlGroup] {
    var groups: [ControlGroup] = []
    for line in Files.lines(root + "proc/self/cgroup") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3 else { continue }
      let isFirst = fields[1].split(separator: ",").contains { $0 == controller }
      guard isFirst || (fields[0] == "0" && fields[1].isEmpty) else { continue }
      // Version 1 mounts controllers together in a folder with both names, e.g. `cpu,cpuacct`.
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

  /// The space-separated fields of the first line of one of the group's files; empty where there is no such file.
  package func fields(_ file: String) -> [String] {
    lines(file).first.map { $0.split(separator: " ").map(String.init) } ?? []
  }

  /// The non-empty lines of one of the group's files, e.g. `memory.max`; empty where there is no such file.
  package func lines(_ file: String) -> [String] { Files.lines(folder + "/" + file) }
}
