import Foundation

/// Where `tasks` and `checkpoints` are looked for: the path given, `./KIND`, `$FINETUNE_HOME/KIND`,
/// `PREFIX/share/finetune/KIND`, and the package root above the executable.
public struct SearchPath: Sendable {
  /// Folders of this kind that exist, first found first.
  public let folders: [String]

  /// - Parameter kind: `tasks` or `checkpoints`.
  public init(kind: String) {
    var candidates = [FileManager.default.currentDirectoryPath]
    if let home = ProcessInfo.processInfo.environment["FINETUNE_HOME"], !home.isEmpty { candidates.append(home) }
    let executable = URL(fileURLWithPath: SearchPath.executablePath).resolvingSymlinksInPath()
    var folder = executable.deletingLastPathComponent()
    candidates.append(folder.deletingLastPathComponent().appendingPathComponent("share/finetune").path)
    // .build/release/finetune and .build/<triple>/release/finetune lie two or three folders below the root.
    for _ in 0..<4 {
      folder.deleteLastPathComponent()
      if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
        candidates.append(folder.path)
        break
      }
    }
    var seen = Set<String>()
    folders = candidates.map { $0 + "/" + kind }.filter {
      FileManager.default.fileExists(atPath: $0)
        && seen.insert(URL(fileURLWithPath: $0).standardizedFileURL.path).inserted
    }
  }

  /// The running program's file.
  public static var executablePath: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }

  /// `name` itself when it is a path that exists, else the first folder of this kind holding an entry of that name.
  public func find(_ name: String) -> String? {
    if FileManager.default.fileExists(atPath: name) && (name.contains("/") || name == "." || name == "..") {
      return name
    }
    guard !name.contains("/") else { return nil }
    if let found = folders.map({ $0 + "/" + name }).first(where: FileManager.default.fileExists(atPath:)) {
      return found
    }
    return FileManager.default.fileExists(atPath: name) ? name : nil
  }

  /// Names of the entries that hold `file`, sorted.
  public func names(holding file: String) -> [String] {
    let names = folders.flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
        FileManager.default.fileExists(atPath: "\(folder)/\($0)/\(file)")
      }
    }
    return Set(names).sorted()
  }
}
