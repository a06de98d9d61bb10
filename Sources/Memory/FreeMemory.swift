import Foundation
import Support

/// What this process may still take, and what says so.
package struct FreeMemory: Sendable, Equatable {
  package let bytes: Int
  /// For messages, e.g. `the machine's available memory`.
  package let limitedBy: String
  /// Address space that is left where it is limited.
  package let addressBytes: Int?

  package init(bytes: Int, limitedBy: String, addressBytes: Int? = nil) {
    (self.bytes, self.limitedBy, self.addressBytes) = (bytes, limitedBy, addressBytes)
  }

  /// A number of bytes in this variable stands for what the system says: for tests, and where a limit is agreed on but not
  /// enforced.
  package static let variable = "FINETUNE_FREE_MEMORY"

  /// The least of what the machine has available, the limits of every control group above this process (versions 1 and 2,
  /// page cache that can be dropped not counted as used), and `RLIMIT_AS`.
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
    limit(
      lines(root + "proc/meminfo").first { $0.hasPrefix("MemAvailable:") }.flatMap { number($0, 1) }.map { $0 * 1_024 },
      "the machine's available memory")
    for line in lines(root + "proc/self/cgroup") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3 else { continue }
      let isFirst = fields[1].split(separator: ",").contains("memory")
      guard isFirst || (fields[0] == "0" && fields[1].isEmpty) else { continue }
      for mount in isFirst ? ["sys/fs/cgroup/memory"] : ["sys/fs/cgroup", "sys/fs/cgroup/unified"] {
        var path = fields[2]
        while true {
          limit(groupFree(root + mount + path, isFirst: isFirst), "the limit of control group \(path)")
          guard path != "/", !path.isEmpty else { break }
          path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        }
      }
    }
    var address = rlimit()
    var addressBytes: Int?
    if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &address) == 0, address.rlim_cur < UInt(Int.max) {
      addressBytes = max(0, Int(address.rlim_cur) - (pages(root, 0) ?? 0))
    }
    return FreeMemory(bytes: bytes, limitedBy: source, addressBytes: addressBytes)
  }

  /// Bytes of this process that are in memory now.
  package static var resident: Int { pages("/", 1) ?? 0 }

  private static func groupFree(_ path: String, isFirst: Bool) -> Int? {
    func value(_ name: String) -> Int? { lines(path + "/" + name).first.flatMap { number($0, 0) } }
    let cached = isFirst ? "total_inactive_file " : "inactive_file "
    guard let limit = value(isFirst ? "memory.limit_in_bytes" : "memory.max"), limit < 1 << 60,
      let used = value(isFirst ? "memory.usage_in_bytes" : "memory.current")
    else { return nil }
    let dropped = lines(path + "/memory.stat").first { $0.hasPrefix(cached) }.flatMap { number($0, 1) } ?? 0
    return limit - max(0, used - dropped)
  }

  private static func pages(_ root: String, _ field: Int) -> Int? {
    lines(root + "proc/self/statm").first.flatMap { number($0, field) }.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
  }

  private static func number(_ line: String, _ field: Int) -> Int? {
    let fields = line.split(whereSeparator: \.isWhitespace)
    return field < fields.count ? Int(fields[field]) : nil
  }

  /// Files of these kinds have no size before they are read.
  private static func lines(_ path: String) -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
