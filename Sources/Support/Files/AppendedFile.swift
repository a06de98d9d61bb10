import Foundation

/// A file that grows by whole records: a record that cannot be written completely is cut off again.
package final class AppendedFile {
  package let path: String
  /// Whether someone removed the file while it grew; later records are then in a new file at the same path.
  package private(set) var wasReplaced = false
  private var descriptor: Int32
  /// Bytes of the whole records.
  package private(set) var length = 0

  /// Creates the file, or empties the one that is there.
  ///
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package init(_ path: String) throws(FileError) {
    self.path = path
    descriptor = AppendedFile.open(path, O_TRUNC)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: Files.reason(errno)) }
  }

  /// Opens a file that an earlier process wrote, and cuts it off after the first `length` bytes.
  ///
  /// - Throws: ``FileError`` when the file cannot be opened, is shorter or cannot be cut.
  package init(_ path: String, keeping length: Int) throws(FileError) {
    self.path = path
    (descriptor, self.length) = (AppendedFile.open(path, 0), length)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: Files.reason(errno)) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) >= length else {
      throw .unreadable(path: path, reason: "it has \(status.st_size) bytes, expected at least \(length)")
    }
    guard ftruncate(descriptor, off_t(length)) == 0 else {
      throw .writeFailed(path: path, reason: Files.reason(errno))
    }
  }

  deinit { close(descriptor) }

  /// Flushes the records to the disk.
  ///
  /// - Throws: ``FileError/appendFailed(path:reason:)``.
  package func flush() throws(FileError) {
    let code = Descriptor.flush(descriptor)
    guard code == 0 else { throw .appendFailed(path: path, reason: Files.reason(code)) }
  }

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
