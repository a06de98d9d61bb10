import Foundation
import Support
import Training

/// Starts cells. Cells on other machines would be another launcher.
package protocol CellLauncher {
  /// Starts one cell.
  ///
  /// - Parameters:
  ///   - arguments: the program's arguments, from its subcommand on.
  ///   - log: path of the file that receives the run's output.
  ///   - evaluations: path of the file that receives the run's evaluations, see ``CellEvaluations``.
  /// - Throws: ``GridError/launchFailed(program:reason:)``, or ``FileError`` when the log cannot be created.
  func start(_ arguments: [String], log: String, evaluations: String) throws -> any RunningCell
}

/// A cell that was started. When it is released while the cell runs, the cell ends at once.
package protocol RunningCell: AnyObject {
  /// The exit status of a cell that has ended, or 128 plus the number of the signal that ended it; `nil` while it runs.
  func exitStatus() -> Int32?
  /// Asks the cell to end in order after its current step. Asking again has no effect.
  func stop()
  /// The resident memory of the cell in bytes; `nil` where it is not known.
  var residentBytes: Int? { get }
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
  /// The environment variable with the path of the file for the cell's evaluations.
  static let evaluationsKey = "FINETUNE_CELL_EVALUATIONS"

  /// Starts the program that is running now, even where its file has been replaced, so that all cells use the same
  /// version.
  private static let ownProgram = "/proc/self/exe"

  package init() {}

  package func start(_ arguments: [String], log: String, evaluations: String) throws -> any RunningCell {
    let path = SearchPath.executablePath
    let program = Files.exists(ProcessLauncher.ownProgram) ? ProcessLauncher.ownProgram : path
    let output = try NewFile(log)
    var line: (input: Int32, output: Int32) = (-1, -1)
    guard withUnsafeMutablePointer(to: &line, { $0.withMemoryRebound(to: Int32.self, capacity: 2, pipe) }) == 0 else {
      throw GridError.launchFailed(program: path, reason: Files.reason(errno))
    }
    // No child may inherit the pipe's writing end, its own or another's, or the pipe would not end with the grid.
    _ = fcntl(line.input, F_SETFD, FD_CLOEXEC)
    _ = fcntl(line.output, F_SETFD, FD_CLOEXEC)
    let started = ChildProcess.start(
      program, [path] + arguments,
      variables: [(ProcessLauncher.environmentKey, "1"), (ProcessLauncher.evaluationsKey, evaluations)],
      input: line.input, output: output.descriptor)
    close(line.input)
    guard let child = started.child else {
      close(line.output)
      throw GridError.launchFailed(program: path, reason: Files.reason(started.code))
    }
    return CellProcess(child, line: line.output)
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

/// A cell's process, and the writing end of the pipe that it listens to.
private final class CellProcess: RunningCell {
  private let child: ChildProcess
  private let line: Int32
  private var status: Int32?
  private var hasAsked = false

  init(_ child: ChildProcess, line: Int32) { (self.child, self.line) = (child, line) }

  deinit { close(line) }

  func exitStatus() -> Int32? {
    // The system gives the status of a child once only.
    if status == nil { status = child.exitStatus() }
    return status
  }

  func stop() {
    guard !hasAsked else { return }
    var byte = UInt8(ascii: "s")
    _ = write(line, &byte, 1)
    hasAsked = true
  }

  var residentBytes: Int? { child.residentBytes }
}
