import Foundation
import Support
import Training

/// Runs a cell somewhere, and waits for its end. Parallel cells and other machines are other launchers.
package protocol CellLauncher {
  /// - Parameters:
  ///   - arguments: of the program, from its subcommand on.
  ///   - log: file that takes what the run says.
  /// - Returns: the exit status, or 128 plus the signal that ended it.
  func launch(_ arguments: [String], log: String) throws -> Int32
}

/// Runs each cell as a process of its own, so that a crash costs one cell and its peak memory is its own.
///
/// The child watches its standard input: a byte asks it to stop after the step, the end of the pipe means that the grid is
/// gone, even by SIGKILL, and ends it at once, so that it cannot write beside the grid's successor.
package struct ProcessLauncher: CellLauncher {
  static let environmentKey = "FINETUNE_CELL"

  /// Starts the program that is running, also after its file was replaced; all cells are then of one version.
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
    // The child must not hold the end that tells it of our own.
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

  /// In a cell: listens to the grid that started it. Does nothing in a run of its own.
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
