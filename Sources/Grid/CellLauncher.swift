import Foundation
import Support
import Training

/// Runs one cell and waits for its end. Concurrent cells, or cells on other machines, would be other launchers.
package protocol CellLauncher {
  /// - Parameters:
  ///   - arguments: the program's arguments, from its subcommand on.
  ///   - log: path of the file that receives the run's output.
  /// - Returns: the exit status, or 128 plus the signal that ended it.
  func launch(_ arguments: [String], log: String) throws -> Int32
}

/// Runs each cell as a process of its own, so that a crash costs one cell only and peak memory is measured for each
/// cell.
///
/// The child reads its standard input, a pipe from the grid. A byte asks the child to stop after the current step. The
/// end of the pipe means that the grid has ended, even by SIGKILL, and ends the child at once, so that the child cannot
/// write concurrently with the cells of a later grid.
package struct ProcessLauncher: CellLauncher {
  /// The environment variable that marks a process as a cell; its value is then `1`.
  static let environmentKey = "FINETUNE_CELL"

  /// Starts the program that is running now, even where its file has been replaced, so that all cells use the same
  /// version.
  private static let ownProgram = "/proc/self/exe"

  package init() {}

  package func launch(_ arguments: [String], log: String) throws -> Int32 {
    let path = SearchPath.executablePath
    let program = Files.exists(ProcessLauncher.ownProgram) ? ProcessLauncher.ownProgram : path
    let output = try NewFile(log)
    var line: (input: Int32, output: Int32) = (-1, -1)
    guard withUnsafeMutablePointer(to: &line, { $0.withMemoryRebound(to: Int32.self, capacity: 2, pipe) }) == 0 else {
      throw GridError.launchFailed(program: path, reason: Files.reason(errno))
    }
    // The child must not inherit the pipe's writing end, or the pipe would not end with the grid.
    _ = fcntl(line.input, F_SETFD, FD_CLOEXEC)
    _ = fcntl(line.output, F_SETFD, FD_CLOEXEC)
    defer { close(line.output) }
    let started = ChildProcess.start(
      program, [path] + arguments, variables: [(ProcessLauncher.environmentKey, "1")], input: line.input,
      output: output.descriptor)
    close(line.input)
    guard let child = started.child else {
      throw GridError.launchFailed(program: path, reason: Files.reason(started.code))
    }
    var hasAsked = false
    while true {
      if let status = child.exitStatus() { return status }
      if Interruption.isRequested, !hasAsked {
        var byte = UInt8(ascii: "s")
        _ = write(line.output, &byte, 1)
        hasAsked = true
      }
      usleep(20_000)
    }
  }

  /// Starts a thread that obeys the pipe from the grid, if this process is a cell; otherwise does nothing.
  package static func listenIfCell() {
    guard ProgramArguments.variable(environmentKey) == "1" else { return }
    let code = WorkerThread.start(stackSize: 1 << 19) {
      while true {
        var byte: UInt8 = 0
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 1 { Interruption.request() }
        if count == 0 { _exit(ExitStatus.interrupted.rawValue) }
        if count < 0, errno != EINTR { return }
      }
    }
    if code != 0 {
      Console.note("note: this run cannot hear the grid that started it, which needs a thread: \(Files.reason(code))")
    }
  }
}
