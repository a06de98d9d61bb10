import Foundation

/// Everything that is written to standard output and standard error.
///
/// Standard error shows progress, so the work goes on when standard error fails: it may be closed, a full disk, a
/// paused or lost terminal, or a pipe that nobody reads. Standard output carries results, so a result that cannot be
/// written is an error.
package enum Console {
  /// How long a note waits for a slow reader, in milliseconds.
  private static let patience: Int32 = 2_000
  /// Bytes that a pipe reported as writable is sure to take without blocking.
  private static let pieceSize = 4_096

  /// Whether standard error had no room at the last write. Until it has room again, no write waits for it.
  private static let isStuck = Locked(false)

  /// Writes a line to standard error, or as much of it as can be written.
  package static func note(_ line: String) { tell(line + "\n", waiting: patience) }

  /// Writes short-lived text, such as a progress bar, to standard error. The text is dropped where the reader is slow.
  package static func progress(_ text: String) { tell(text, waiting: 0) }

  /// Writes a result and a line end to standard output.
  ///
  /// - Throws: ``FileError/printFailed(code:kept:)``.
  package static func output(_ text: String) throws(FileError) { try output(PathText.bytes(text + "\n")) }

  /// Writes the bytes of a result to standard output unchanged.
  ///
  /// - Throws: ``FileError/printFailed(code:kept:)``.
  package static func output(_ bytes: [UInt8]) throws(FileError) {
    var code = bytes.withUnsafeBytes { Descriptor.write($0, to: STDOUT_FILENO) }
    if code == 0 {
      // A network file system may report only on close that the disk is full.
      let copy = dup(STDOUT_FILENO)
      if copy >= 0, close(copy) != 0 { code = errno }
    }
    guard code == 0 else { throw .printFailed(code: code, kept: nil) }
  }

  /// Writes a result to standard output when the folder `kept` holds the result too; the error then names that folder.
  ///
  /// - Throws: ``FileError/printFailed(code:kept:)``, or what `result` throws.
  package static func output(kept folder: String, _ result: () throws(FileError) -> [UInt8]) throws(FileError) {
    do { try output(result()) } catch {
      guard case .printFailed(let code, _) = error else { throw error }
      throw .printFailed(code: code, kept: folder)
    }
  }

  private static func tell(_ text: String, waiting milliseconds: Int32) {
    isStuck.withLock { isStuck in
      PathText.bytes(text).withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: pieceSize) {
          let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + pieceSize, bytes.count)])
          isStuck = !Descriptor.isWritable(STDERR_FILENO, within: isStuck ? 0 : milliseconds)
          guard !isStuck, Descriptor.write(piece, to: STDERR_FILENO) == 0 else { return }
        }
      }
    }
  }
}
