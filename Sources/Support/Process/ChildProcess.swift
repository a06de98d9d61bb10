import CProcess
import Foundation

/// A child process. Its arguments and environment are converted to bytes by ``PathText``.
package struct ChildProcess: Sendable {
  package let identifier: pid_t

  /// Starts a program in a process group of its own, so that Ctrl-C in a terminal does not reach it.
  ///
  /// - Parameters:
  ///   - program: path of the executable file.
  ///   - arguments: the program's arguments, its own name first.
  ///   - variables: environment variables added to those of this process, or replacing them.
  ///   - input: descriptor of its standard input.
  ///   - output: descriptor of its standard output and standard error.
  /// - Returns: the child, or `nil` and the error number.
  package static func start(
    _ program: String, _ arguments: [String], variables: [(name: String, value: String)], input: Int32, output: Int32
  ) -> (child: ChildProcess?, code: Int32) {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let names = variables.map { Array("\($0.name)=".utf8) }
    var environment = inherited.filter { entry in !names.contains { entry.starts(with: $0) } }
    environment += variables.map { PathText.bytes("\($0.name)=\($0.value)") }
    var identifier: pid_t = 0
    let code = withPointers(arguments.map(PathText.bytes)) { arguments in
      withPointers(environment) { environment in
        PathText.withCString(program) { posix_spawn(&identifier, $0, &actions, &attributes, arguments, environment) }
      }
    }
    return code == 0 ? (ChildProcess(identifier: identifier), 0) : (nil, code)
  }

  /// The exit status of a child that has ended, or 128 plus the number of the signal that ended it; `nil` while it
  /// runs.
  package func exitStatus() -> Int32? {
    var status: Int32 = 0
    while true {
      let found = waitpid(identifier, &status, WNOHANG)
      if found == 0 { return nil }
      if found < 0, errno == EINTR { continue }
      // The status of a child is lost where other code has waited for that child.
      guard found > 0 else { return ExitStatus.internalError.rawValue }
      return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
  }

  /// The resident memory of the child in bytes; `nil` where the system does not tell.
  package var residentBytes: Int? { KernelFigures.bytes("/proc/\(identifier)/status", "VmRSS:") }

  /// The entries of this process's environment, e.g. `HOME=/root`.
  private static var inherited: [[UInt8]] {
    guard let environment = ft_environment() else { return [] }
    var entries: [[UInt8]] = []
    while let entry = environment[entries.count] {
      entries.append(Array(UnsafeRawBufferPointer(start: entry, count: strlen(entry))))
    }
    return entries
  }

  /// Calls `body` with the texts as a C array: each text ends with NUL, and the array with a null pointer.
  private static func withPointers<Result>(
    _ texts: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { text in
      (text + [0]).withUnsafeBytes { $0.bindMemory(to: CChar.self).baseAddress.map { strdup($0) } ?? nil }
    }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("a list with a null pointer is not empty") }
      return body(base)
    }
  }
}
