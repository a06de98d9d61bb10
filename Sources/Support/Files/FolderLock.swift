import Foundation

/// Keeps other processes out while this one lives; a lock of a process that has died is none.
package final class FolderLock: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Locks a file, which is made where it is missing and stays.
  ///
  /// On a file system without locks nobody is kept out.
  /// - Parameter patience: how long a process that is ending is waited for.
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

  /// Replaces what the file holds. Nothing depends on it, so a failure is none.
  package func write(_ text: String) {
    ftruncate(descriptor, 0)
    lseek(descriptor, 0, SEEK_SET)
    _ = PathText.bytes(text).withUnsafeBytes { Descriptor.write($0, to: descriptor) }
  }
}
