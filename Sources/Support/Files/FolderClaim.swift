import Foundation

/// A process's claim to the folder that it writes to: the file `.finetune-run` in it.
///
/// The file is locked while the process lives, says which process that is, and names what was written beyond the files
/// that every run has. So a folder has one writer at a time, and a run that replaces another knows what to remove.
///
///     process 4711 on node3
///     file scaling.json
package final class FolderClaim: Sendable {
  package static let fileName = ".finetune-run"
  private let lock: FolderLock

  private init(_ lock: FolderLock) { self.lock = lock }

  /// - Returns: `nil` when another process has the folder.
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package static func take(_ folder: String) throws(FileError) -> FolderClaim? {
    try FolderLock.take(folder + "/" + fileName).map(FolderClaim.init)
  }

  /// Waits a little for the process that has the folder and is ending, as a cell does whose grid was killed.
  ///
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package static func waitForEnd(in folder: String) throws(FileError) {
    if Files.exists(folder + "/" + fileName) {
      _ = try FolderLock.take(folder + "/" + fileName, patience: .seconds(3))
    }
  }

  /// Forgets what an earlier process wrote, and says that this one writes now.
  package func begin() { lock.write(FolderClaim.thisProcess + "\n") }

  /// How this process is named to others, e.g. `process 4711 on node3`.
  package static var thisProcess: String { "process \(getpid()) on \(hostName)" }

  /// The process that has, or had, the folder, e.g. `process 4711 on node3`.
  package static func owner(of folder: String) -> String? { lines(folder).first { $0.hasPrefix("process ") } }

  /// Names of what was written in the folder beyond the files that every run has.
  package static func names(in folder: String) -> [String] {
    let names = lines(folder).filter { $0.hasPrefix(namePrefix) }.map { String($0.dropFirst(namePrefix.count)) }
    // What is removed by its name here must be in the folder.
    return names.filter { !$0.utf8.contains(UInt8(ascii: "/")) && ![".", "..", ""].contains($0) }
  }

  /// Names a file or folder that is about to be written.
  ///
  /// - Throws: ``FileError``.
  package static func add(_ name: String, in folder: String) throws(FileError) {
    guard !names(in: folder).contains(name) else { return }
    let path = folder + "/" + fileName
    let descriptor = PathText.withCString(path) { open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: Files.reason(errno)) }
    defer { close(descriptor) }
    let code = PathText.bytes(namePrefix + name + "\n").withUnsafeBytes { Descriptor.write($0, to: descriptor) }
    guard code == 0 else { throw .appendFailed(path: path, reason: Files.reason(code)) }
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
