import Foundation
import Support

/// What a run ran on.
package enum Environment {
  package static let version = "0.1.0"

  package static func json(threads: Int, blas: String) -> JSON {
    let commit = git(["rev-parse", "HEAD"])
    let changes = git(["status", "--porcelain", "--untracked-files=no"])
    return .object(
      JSONObject([
        "version": .text(version), "git_commit": commit.map(JSON.text) ?? .null,
        "dirty": changes.map { .bool(!$0.isEmpty) } ?? .null, "cpu": .text(cpu), "threads": .integer(threads),
        "blas": .text(blas), "os": .text(ProcessInfo.processInfo.operatingSystemVersionString),
      ]))
  }

  /// Largest resident set of this process so far, in bytes.
  package static var peakResidentBytes: Int {
    // Not getrusage: its maximum begins with what the parent held when it started this program.
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
  }

  private static var cpu: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
    return model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }

  /// Asks git about the package the program was built in; `nil` for an installed program.
  private static func git(_ arguments: [String]) -> String? {
    var folder = URL(fileURLWithPath: SearchPath.executablePath).resolvingSymlinksInPath().deletingLastPathComponent()
    for _ in 0..<4 {
      folder.deleteLastPathComponent()
      guard FileManager.default.fileExists(atPath: folder.path + "/Package.swift") else { continue }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["git", "-C", folder.path] + arguments
      let pipe = Pipe()
      process.standardOutput = pipe
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { return nil }
      let output = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { return nil }
      return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return nil
  }
}
