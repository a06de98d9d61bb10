import Foundation

/// The process's exit status, with the numbers of `sysexits.h` where they fit.
package enum ExitStatus: Int32, Sendable {
  case completed = 0
  /// Wrong usage, option or configuration key.
  case usage = 64
  /// An input file that was read and has a wrong line, key or byte.
  case badInput = 65
  /// An input file or folder that does not exist.
  case missingInput = 66
  /// A bug in this program.
  case internalError = 70
  /// Output that cannot be created or is not empty.
  case cannotCreate = 73
  /// A write that failed.
  case writeFailed = 74
  /// Stopped by a signal; the work done until then is on disk.
  case interrupted = 75
  /// A loss or weight became non-finite.
  case diverged = 76
}

/// An error that a user reads, with the exit status that it causes. Its one message says what failed, where, what was
/// found, what was expected, and what to do.
///
/// Each target has one enum that conforms to this protocol.
package protocol UserError: LocalizedError, Sendable {
  /// The complete message, which `errorDescription` returns too.
  var message: String { get }
  /// The status the process ends with when this error reaches the top.
  var exitStatus: ExitStatus { get }
}

extension UserError {
  package var errorDescription: String? { message }
}
