import Foundation

/// A lock that keeps other processes out while this process lives. The system frees the lock when the process dies.
package final class FolderLock: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Locks a file, which is created where it is missing and is never removed.
  ///
  /// On a file system without locks, no process is kept out.
  /// - Parameter patience: how long to wait for a process that holds the lock.
  /// - Returns: `nil` when another process holds the lock.
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package static func take(_ path: String, patience: Duration = .zero) throws(FileError) -> FolderLock? {
    let descriptor = PathText.withCString(path) { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: Files.reason(errno)) }
    let start = ContinuousClock.now
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      guard errno == EWOULDBLOCK else { break }
      guard ContinuousClock.now - start < patience else {
        close(descriptor)
        return nil
      }
      usleep(20_000)
    }
    return FolderLock(descriptor)
  }

  /// Whether a process holds the lock now. Nothing is created or written; a file that is not there is not locked.
  package static func isHeld(_ path: String) -> Bool {
    let descriptor = PathText.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return false }
    // Closing gives back the shared lock that this takes for a moment.
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// Replaces the text in the locked file. The new text is written before the rest of the old one is cut off, so that a
  /// process that is killed in between leaves too many lines rather than too few.
  ///
  /// - Returns: 0, or the error number, which may be ignored where nothing depends on the text.
  @discardableResult
  package func write(_ text: String) -> Int32 {
    let bytes = PathText.bytes(text)
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { return errno }
    let code = bytes.withUnsafeBytes { Descriptor.write($0, to: descriptor) }
    guard code == 0 else { return code }
    return ftruncate(descriptor, off_t(bytes.count)) == 0 ? 0 : errno
  }
}
