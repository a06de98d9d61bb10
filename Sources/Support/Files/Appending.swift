import Foundation

extension Files {
  /// Adds bytes at the end of a file, which is created where it is missing.
  ///
  /// - Throws: ``FileError`` when the file cannot be opened or written.
  package static func append(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = PathText.withCString(path) { open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: reason(errno)) }
    defer { close(descriptor) }
    let code = bytes.withUnsafeBytes { Descriptor.write($0, to: descriptor) }
    guard code == 0 else { throw .appendFailed(path: path, reason: reason(code)) }
  }
}
