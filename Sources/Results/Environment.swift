import Foundation
import Support
import Synchronization

/// What a run ran on.
package enum Environment {
  package static let version = "0.1.0"

  /// The commit that the program was built from, and whether its sources differed from it; `nil` where that is not known.
  private static let build = Mutex<(commit: String?, isDirty: Bool?)>((nil, nil))

  /// Tells what the program was built from. Asking git when a run ends would name what the folder holds by then.
  package static func setBuild(commit: String?, isDirty: Bool?) { build.withLock { $0 = (commit, isDirty) } }

  package static func json(threads: Int, blas: String) -> JSON {
    let (commit, isDirty) = build.withLock(\.self)
    return .object(
      JSONObject([
        "version": .text(version), "git_commit": commit.map(JSON.text) ?? .null,
        "dirty": isDirty.map(JSON.bool) ?? .null, "cpu": .text(cpu), "threads": .integer(threads),
        "blas": .text(blas), "os": .text(ProcessInfo.processInfo.operatingSystemVersionString),
      ]))
  }

  /// Largest resident set of this process so far, in bytes.
  package static var peakResidentBytes: Int {
    // Not getrusage: its maximum begins with what the parent held when it started this program.
    let line = Files.lines("/proc/self/status").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
  }

  private static var cpu: String {
    let model = Files.lines("/proc/cpuinfo").first { $0.hasPrefix("model name") }?.split(separator: ":").last
    return model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }
}
