import Foundation

/// A file that grows by whole records: a record that cannot be written completely is cut off again.
package final class AppendedFile {
  package let path: String
  /// Whether someone removed the file while it grew; later records are then in a new file at the same path.
  package private(set) var wasReplaced = false
  private var descriptor: Int32
  private var length = 0

  /// Creates the file, or empties the one that is there.
  ///
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package init(_ path: String) throws(FileError) {
    self.path = path
    descriptor = AppendedFile.open(path, O_TRUNC)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: Files.reason(errno)) }
  }

  deinit { close(descriptor) }

  /// Adds a record at the end.
  ///
  /// - Throws: ``FileError/appendFailed(path:reason:)``; the file then ends with the previous record.
  package func append(_ record: [UInt8]) throws(FileError) {
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_nlink == 0 { try reopen() }
    let code = record.withUnsafeBytes { Descriptor.write($0, to: descriptor) }
    guard code == 0 else {
      ftruncate(descriptor, length)
      throw .appendFailed(path: path, reason: Files.reason(code))
    }
    length += record.count
  }

  /// Creates the file again after someone removed it, since records in a file without a name would be lost. Where the
  /// folder is gone too, this fails at once, not hours later when the results are written.
  private func reopen() throws(FileError) {
    let new = AppendedFile.open(path, O_EXCL)
    guard new >= 0 else {
      throw .appendFailed(path: path, reason: "it was removed, and cannot be made again: \(Files.reason(errno))")
    }
    close(descriptor)
    (descriptor, length, wasReplaced) = (new, 0, true)
  }

  private static func open(_ path: String, _ flags: Int32) -> Int32 {
    PathText.withCString(path) { Foundation.open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0o644) }
  }
}
