import Foundation
import Support

/// How much memory this process may still take, and which limit sets that amount.
package struct FreeMemory: Sendable, Equatable {
  /// What is left of the limit on a process's address space. The limit also counts memory that is reserved and never
  /// written.
  package struct Addresses: Sendable, Equatable {
    /// What is left of the limit.
    package let bytes: Int
    /// How the limit is set, e.g. `ulimit -v`.
    package let limit: String

    package init(bytes: Int, limit: String) { (self.bytes, self.limit) = (bytes, limit) }
  }

  /// The memory that this process may still take.
  package let bytes: Int
  /// The limit that sets ``bytes``, for messages, e.g. `the machine's available memory`.
  package let limitedBy: String
  /// `nil` when the address space is not limited.
  package let addresses: Addresses?

  package init(bytes: Int, limitedBy: String, addresses: Addresses? = nil) {
    (self.bytes, self.limitedBy, self.addresses) = (bytes, limitedBy, addresses)
  }

  /// An environment variable whose number of bytes replaces what the system reports, e.g. `8589934592` for 8 GiB. Tests
  /// use it, and so does a user whose share of a machine is agreed on but not enforced.
  package static let variable = "FINETUNE_FREE_MEMORY"

  /// Reads the limits that hold now.
  ///
  /// ``bytes`` is the smallest of what the machine has available and what is left in each control
  /// group above this process (versions 1 and 2). Page cache that a control group can drop does not count as used.
  /// ``addresses`` is the smaller of what `RLIMIT_AS` and `RLIMIT_DATA` leave.
  ///
  /// - Parameter root: the folder that holds `proc` and `sys`, with a slash at its end; tests give their own.
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
    limit(KernelFigures.bytes(root + "proc/meminfo", "MemAvailable:"), "the machine's available memory")
    for group in ControlGroup.all(of: "memory", root: root) {
      limit(free(group), "the limit of control group \(group.name)")
    }
    let addresses = [("ulimit -v", RLIMIT_AS, "VmSize:"), ("ulimit -d", RLIMIT_DATA, "VmData:")].compactMap {
      (name, resource, field) -> Addresses? in
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) else {
        return nil
      }
      let used = KernelFigures.bytes(root + "proc/self/status", field) ?? 0
      return Addresses(bytes: max(0, Int(limit.rlim_cur) - used), limit: name)
    }
    return FreeMemory(bytes: bytes, limitedBy: source, addresses: addresses.min { $0.bytes < $1.bytes })
  }

  /// The resident set size of this process, in bytes.
  package static var resident: Int { KernelFigures.bytes("/proc/self/status", "VmRSS:") ?? 0 }

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
}
