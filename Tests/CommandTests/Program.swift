import Foundation
import Support
import TestSupport
import Testing

/// The built program, run as a user runs it.
enum Program {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Beside the running tests: what was built with them, in whatever folder and by whatever options.
  static let path = URL(fileURLWithPath: SearchPath.executablePath).deletingLastPathComponent().path + "/finetune"

  /// Starts it in `folder`, and gives what waits for its end.
  ///
  /// - Parameter shell: what is run first, in the same process; `exec` and the program follow.
  static func start(
    _ arguments: [String], in folder: TemporaryFolder, _ environment: [String: String] = [:], after shell: String? = nil
  ) throws -> (Process, () throws -> Outcome) {
    let process = Process()
    if let shell {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", shell + "; exec \"$0\" \"$@\"", path] + arguments
    } else {
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    let (out, err) = (folder.path + "/.out", folder.path + "/.err")
    for path in [out, err] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: out)
    process.standardError = FileHandle(forWritingAtPath: err)
    try process.run()
    return (
      process,
      {
        if !wait(.seconds(300), until: { !process.isRunning }) {
          kill(process.processIdentifier, SIGKILL)
          Issue.record("the program was killed after 300 seconds: \(arguments)")
        }
        process.waitUntilExit()
        func text(_ path: String) throws -> String { String(decoding: try Files.read(path), as: UTF8.self) }
        return Outcome(status: process.terminationStatus, output: try text(out), errors: try text(err))
      }
    )
  }

  static func run(_ arguments: [String], in folder: TemporaryFolder, _ environment: [String: String] = [:]) throws
    -> Outcome
  {
    try start(arguments, in: folder, environment).1()
  }
}
