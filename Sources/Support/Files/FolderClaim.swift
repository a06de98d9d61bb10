import Foundation

/// A process's claim to its output folder, held by the file `.finetune-run` in that folder.
///
/// The process keeps the file locked while it lives, so a folder has one writer at a time. The file names that process,
/// and every output beyond the files that each run writes, so that a run that replaces another knows what to remove.
/// Example:
///
///     process 4711 on node3
///     file scaling.json
package final class FolderClaim: Sendable {
  package static let fileName = ".finetune-run"
  private let lock: FolderLock

  private init(_ lock: FolderLock) { self.lock = lock }

  /// Claims a folder for this process.
  ///
  /// - Returns: `nil` when another process has claimed the folder.
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package static func take(_ folder: String) throws(FileError) -> FolderClaim? {
    try FolderLock.take(folder + "/" + fileName).map(FolderClaim.init)
  }

  /// Waits up to three seconds for a process that is ending to give up the folder, such as a cell of a killed grid.
  ///
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package static func waitForEnd(in folder: String) throws(FileError) {
    if Files.exists(folder + "/" + fileName) {
      _ = try FolderLock.take(folder + "/" + fileName, patience: .seconds(3))
    }
  }

  /// Empties the record of an earlier process, and names this process as the writer.
  ///
  /// - Parameter names: names that the earlier process recorded and that this process goes on writing.
  /// - Throws: ``FileError/appendFailed(path:reason:)`` when these names cannot be recorded.
  package func begin(keeping names: [String] = []) throws(FileError) {
    let lines = [FolderClaim.thisProcess] + names.map { FolderClaim.namePrefix + $0 }
    let code = lock.write(lines.map { $0 + "\n" }.joined())
    guard code == 0 || names.isEmpty else {
      throw .appendFailed(path: FolderClaim.fileName, reason: Files.reason(code))
    }
  }

  /// This process's name in claims and messages, e.g. `process 4711 on node3`.
  package static var thisProcess: String { "process \(getpid()) on \(hostName)" }

  /// The process that has claimed the folder, or had claimed it last, e.g. `process 4711 on node3`.
  package static func owner(of folder: String) -> String? { lines(folder).first { $0.hasPrefix("process ") } }

  /// Names of the files and folders written beyond those that each run writes.
  package static func names(in folder: String) -> [String] {
    let names = lines(folder).filter { $0.hasPrefix(namePrefix) }.map { String($0.dropFirst(namePrefix.count)) }
    // The caller removes these names, so a damaged record must not lead out of the folder.
    return names.filter { !$0.utf8.contains(UInt8(ascii: "/")) && ![".", "..", ""].contains($0) }
  }

  /// Records the name of a file or folder that is about to be written.
  ///
  /// - Throws: ``FileError`` when the claim's file cannot be opened or written.
  package static func add(_ name: String, in folder: String) throws(FileError) {
    guard !names(in: folder).contains(name) else { return }
    try Files.append(PathText.bytes(namePrefix + name + "\n"), to: folder + "/" + fileName)
  }

  private static let namePrefix = "file "

  private static func lines(_ folder: String) -> [String] { Files.lines(folder + "/" + fileName) }

  private static var hostName: String {
    var name = [UInt8](repeating: 0, count: 256)
    let code = name.withUnsafeMutableBytes { bytes in
      bytes.bindMemory(to: CChar.self).baseAddress.map { gethostname($0, bytes.count - 1) } ?? -1
    }
    return code == 0 ? PathText.text(name.prefix { $0 != 0 }) : "this machine"
  }
}
