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

  package init() {}

  package func launch(_ arguments: [String], log: String) throws -> Int32 {
    let program = SearchPath.executablePath
    guard FileManager.default.createFile(atPath: log, contents: nil), let output = FileHandle(forWritingAtPath: log)
    else { throw FileError.cannotCreate(path: log, reason: Files.reason(errno)) }
    defer { try? output.close() }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging([ProcessLauncher.environmentKey: "1"]) { $1 }
    let line = Pipe()
    process.standardInput = line
    process.standardOutput = output
    process.standardError = output
    do { try process.run() } catch {
      throw GridError.launchFailed(program: program, reason: error.localizedDescription)
    }
    var hasAsked = false
    while process.isRunning {
      if Interruption.isRequested, !hasAsked {
        try? line.fileHandleForWriting.write(contentsOf: Data("s".utf8))
        hasAsked = true
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }

  /// In a cell: listens to the grid that started it. Does nothing in a run of its own.
  package static func listenIfCell() {
    guard ProcessInfo.processInfo.environment[environmentKey] == "1" else { return }
    Thread.detachNewThread {
      while true {
        var byte: UInt8 = 0
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 1 { Interruption.request() }
        if count == 0 { _exit(ExitStatus.interrupted.rawValue) }
        if count < 0, errno != EINTR { return }
      }
    }
  }
}
