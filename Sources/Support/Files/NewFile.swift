import Foundation

/// A new or emptied file that is open for writing.
package final class NewFile {
  package let descriptor: Int32

  /// Creates the file, or empties the one that is there.
  ///
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package init(_ path: String) throws(FileError) {
    descriptor = PathText.withCString(path) { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: Files.reason(errno)) }
  }

  deinit { close(descriptor) }
}
