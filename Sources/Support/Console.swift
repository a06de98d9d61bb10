import Foundation
import Synchronization

/// Everything that is written to standard output and standard error.
///
/// Standard error shows how things go. It may be closed, a full disk, a terminal that is gone or paused, a pipe that nobody
/// reads: the work goes on without it. Standard output carries results, and a result that is lost is a fault.
package enum Console {
  /// How long a note waits for a reader that does not keep up, in milliseconds.
  private static let patience: Int32 = 2_000
  /// The most that a pipe with room is sure to take without blocking.
  private static let pieceSize = 4_096

  /// Whether standard error had no room when it was last written to; nothing is waited for until it has.
  private static let isStuck = Mutex(false)

  /// Writes a line to standard error, or as much of it as can be written.
  package static func note(_ line: String) { tell(line + "\n", waiting: patience) }

  /// Writes text that is of the moment to standard error: left out where a reader does not keep up.
  package static func progress(_ text: String) { tell(text, waiting: 0) }

  /// Writes a result to standard output, and a line end.
  ///
  /// - Throws: ``FileError/printFailed(code:kept:)``.
  package static func output(_ text: String) throws(FileError) { try output(PathText.bytes(text + "\n")) }

  /// Writes a result to standard output as it is.
  ///
  /// - Throws: ``FileError/printFailed(code:kept:)``.
  package static func output(_ bytes: [UInt8]) throws(FileError) {
    var code = bytes.withUnsafeBytes { Descriptor.write($0, to: STDOUT_FILENO) }
    if code == 0 {
      // File systems over a network tell only on closing that there was no room.
      let copy = dup(STDOUT_FILENO)
      if copy >= 0, close(copy) != 0 { code = errno }
    }
    guard code == 0 else { throw .printFailed(code: code, kept: nil) }
  }

  /// Writes a result to standard output that is also in a folder, which the error then names.
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
