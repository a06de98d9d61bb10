import Foundation

/// What the process tells its caller, after `sysexits.h`.
package enum ExitStatus: Int32, Sendable {
  case completed = 0
  /// Wrong usage, option or configuration key.
  case usage = 64
  /// Input that was read and is wrong: a file, line, key or byte.
  case badInput = 65
  /// Input that is not there.
  case missingInput = 66
  /// Our own bug.
  case internalError = 70
  /// Output that cannot be created or is not empty.
  case cannotCreate = 73
  /// A write that failed.
  case writeFailed = 74
  /// Stopped by a signal; what was done is on disk.
  case interrupted = 75
  /// A loss or weight became non-finite.
  case diverged = 76
}

/// An error a user reads: one message saying what, where, found, expected and what to do, and the exit status it ends in.
///
/// Each target has one enum conforming to it.
package protocol UserError: LocalizedError, Sendable {
  /// The whole message; `errorDescription` returns it.
  var message: String { get }
  /// The status the process ends with when this error reaches the top.
  var exitStatus: ExitStatus { get }
}

extension UserError {
  package var errorDescription: String? { message }
}
