import Foundation
import Support

/// The program and the machine of a run, for `results.json`.
package enum Environment {
  package static let version = "0.1.0"

  /// The commit that the program was built from, and whether the sources had uncommitted changes; `nil` if unknown.
  private static let build = Locked<(commit: String?, isDirty: Bool?)>((nil, nil))

  /// Sets the commit that the program was built from. Git could not tell later: the folder may have changed by then.
  package static func setBuild(commit: String?, isDirty: Bool?) { build.withLock { $0 = (commit, isDirty) } }

  /// The `environment` member of `results.json`.
  package static func json(threads: Int, blas: String) -> JSON {
    let (commit, isDirty) = build.withLock(\.self)
    return .object(
      JSONObject([
        "version": .text(version), "git_commit": commit.map(JSON.text) ?? .null,
        "dirty": isDirty.map(JSON.bool) ?? .null, "cpu": .text(cpu), "threads": .integer(threads),
        "blas": .text(blas), "os": .text(ProcessInfo.processInfo.operatingSystemVersionString),
      ]))
  }

  /// Peak resident set size of this process so far, in bytes; 0 if `/proc` does not say.
  package static var peakResidentBytes: Int {
    // getrusage would be wrong here: its maximum includes the resident set of the parent at the time of the fork.
    KernelFigures.bytes("/proc/self/status", "VmHWM:") ?? 0
  }

  private static var cpu: String {
    let model = Files.lines("/proc/cpuinfo").first { $0.hasPrefix("model name") }?.split(separator: ":").last
    return model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }
}
