import Foundation
import Support

/// What this process may still take, and what says so.
package struct FreeMemory: Sendable, Equatable {
  /// What is left of a limit on the addresses a process may map, which counts memory that is reserved and never written.
  package struct Addresses: Sendable, Equatable {
    package let bytes: Int
    /// How the limit is set, e.g. `ulimit -v`.
    package let limit: String

    package init(bytes: Int, limit: String) { (self.bytes, self.limit) = (bytes, limit) }
  }

  package let bytes: Int
  /// For messages, e.g. `the machine's available memory`.
  package let limitedBy: String
  /// `nil` without a limit.
  package let addresses: Addresses?

  package init(bytes: Int, limitedBy: String, addresses: Addresses? = nil) {
    (self.bytes, self.limitedBy, self.addresses) = (bytes, limitedBy, addresses)
  }

  /// A number of bytes in this variable stands for what the system says: for tests, and where a limit is agreed on but not
  /// enforced.
  package static let variable = "FINETUNE_FREE_MEMORY"

  /// The least of what the machine has available, and the limits of every control group above this process (versions 1 and
  /// 2, page cache that can be dropped not counted as used); beside it the least of what `RLIMIT_AS` and `RLIMIT_DATA` leave.
  ///
  /// - Parameter root: holds `proc` and `sys`.
  package static func now(
    root: String = "/", environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> FreeMemory {
    if let text = environment[variable], let bytes = Int(text), bytes >= 0 {
      return FreeMemory(bytes: bytes, limitedBy: variable)
    }
    var (bytes, source) = (Int.max, "nothing")
    func limit(_ value: Int?, _ name: @autoclosure () -> String) {
      guard let value, value < bytes else { return }
      (bytes, source) = (max(0, value), name())
    }
    limit(status(root + "proc/meminfo", "MemAvailable:"), "the machine's available memory")
    for group in ControlGroup.all(of: "memory", root: root) {
      limit(free(group), "the limit of control group \(group.name)")
    }
    let addresses = [("ulimit -v", RLIMIT_AS, "VmSize:"), ("ulimit -d", RLIMIT_DATA, "VmData:")].compactMap {
      (name, resource, field) -> Addresses? in
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) else {
        return nil
      }
      let used = status(root + "proc/self/status", field) ?? 0
      return Addresses(bytes: max(0, Int(limit.rlim_cur) - used), limit: name)
    }
    return FreeMemory(bytes: bytes, limitedBy: source, addresses: addresses.min { $0.bytes < $1.bytes })
  }

  /// Bytes of this process that are in memory now.
  package static var resident: Int { status("/proc/self/status", "VmRSS:") ?? 0 }

  private static func free(_ group: ControlGroup) -> Int? {
    let isFirst = group.version == 1
    func value(_ name: String) -> Int? { group.fields(name).first.flatMap { Int($0) } }
    guard let limit = value(isFirst ? "memory.limit_in_bytes" : "memory.max"), limit < 1 << 60,
      let used = value(isFirst ? "memory.usage_in_bytes" : "memory.current")
    else { return nil }
    let cached = isFirst ? "total_inactive_file " : "inactive_file "
    let dropped = group.lines("memory.stat").first { $0.hasPrefix(cached) }.flatMap { Int($0.dropFirst(cached.count)) }
    return limit - max(0, used - (dropped ?? 0))
  }

  /// A figure in KiB of a file such as `/proc/self/status`, in bytes.
  private static func status(_ path: String, _ key: String) -> Int? {
    let line = Files.lines(path).first { $0.hasPrefix(key) }
    return line?.dropFirst(key.count).split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }.map { $0 * 1_024 }
  }
}
