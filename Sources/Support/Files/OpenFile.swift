import Foundation

/// A regular file that is open for reading.
package final class OpenFile {
  package let path: String
  package let descriptor: Int32
  /// Size in bytes when the file was opened.
  package let size: Int

  /// Opens a regular file and nothing else, since a named pipe would block and a device may never end.
  ///
  /// - Throws: ``FileError``, with the system's own reason.
  package init(_ path: String) throws(FileError) {
    self.path = path
    var status = stat()
    guard PathText.withCString(path, { stat($0, &status) }) == 0 else { throw OpenFile.failure(path, errno) }
    try OpenFile.requireRegular(path, status)
    // Without O_NONBLOCK, a pipe that has replaced the file since the check would block here.
    descriptor = PathText.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
    guard descriptor >= 0 else { throw OpenFile.failure(path, errno) }
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw OpenFile.failure(path, code)
    }
    size = Int(status.st_size)
    do { try OpenFile.requireRegular(path, status) } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// The next `count` bytes, or fewer at the end of the file.
  ///
  /// - Throws: ``FileError/unreadable(path:reason:)``.
  package func read(_ count: Int) throws(FileError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      (initialized, failure) = Descriptor.read(UnsafeMutableRawBufferPointer(buffer), from: descriptor)
    }
    guard failure == 0 else { throw .unreadable(path: path, reason: Files.reason(failure)) }
    return bytes
  }

  /// `count` bytes from `offset` on, or fewer at the end of the file. What ``read(_:)`` reads next is unchanged.
  ///
  /// - Throws: ``FileError/unreadable(path:reason:)``.
  package func read(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    let place = lseek(descriptor, 0, SEEK_CUR)
    guard place >= 0, lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
      throw .unreadable(path: path, reason: Files.reason(errno))
    }
    defer { _ = lseek(descriptor, place, SEEK_SET) }
    return try read(count)
  }

  private static func failure(_ path: String, _ code: Int32) -> FileError {
    code == ENOENT || code == ENOTDIR ? .missing(path: path) : .unreadable(path: path, reason: Files.reason(code))
  }

  private static func requireRegular(_ path: String, _ status: stat) throws(FileError) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw .isDirectory(path: path)
    case S_IFIFO: throw .unreadable(path: path, reason: "it is a named pipe, expected a regular file")
    case S_IFCHR, S_IFBLK: throw .unreadable(path: path, reason: "it is a device, expected a regular file")
    default: throw .unreadable(path: path, reason: "it is not a regular file")
    }
  }
}
