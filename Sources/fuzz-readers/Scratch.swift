import Foundation

/// A folder for the files under test, removed at the end; after a crash it stays, with a note of what was read.
final class Scratch {
  let path: String

  init() throws {
    // A file system in memory where there is one: a disk would be written a hundred thousand times.
    let memory = "/dev/shm"
    let folder =
      FileManager.default.isWritableFile(atPath: memory) ? memory : FileManager.default.temporaryDirectory.path
    path = folder + "/fuzz-readers-\(getpid())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    noted = fopen(path + "/current", "w")
  }

  deinit {
    if let noted { fclose(noted) }
    try? FileManager.default.removeItem(atPath: path)
  }

  private let noted: UnsafeMutablePointer<FILE>?

  /// Notes what is about to be read. The note is written out at once, since a crash would lose it.
  func note(_ text: String) {
    guard let noted else { return }
    rewind(noted)
    fputs(text + "          \n", noted)
    fflush(noted)
  }
}
