import Memory
import TestSupport
import Testing

/// Limits are read as the system writes them.
@Suite struct FreeMemoryTests {
  private func free(_ files: [(String, String)], _ environment: [String: String] = [:]) throws -> FreeMemory {
    let folder = try TemporaryFolder()
    try folder.write("proc/meminfo", "MemTotal:       24683520 kB\nMemFree:  100 kB\nMemAvailable:    1000000 kB\n")
    for (path, text) in files { try folder.write(path, text) }
    return FreeMemory.now(root: folder.path + "/", environment: environment)
  }

  @Test func available() throws {
    let free = try free([])
    #expect(free.bytes == 1_024_000_000 && free.limitedBy == "the machine's available memory")
    #expect(try self.free([("proc/self/cgroup", "0::/a\n"), ("sys/fs/cgroup/a/memory.max", "max\n")]) == free)
  }

  /// The tightest group above counts, less what it uses and cannot drop.
  @Test func controlGroups() throws {
    let second = try free([
      ("proc/self/cgroup", "0::/job/step\n"), ("sys/fs/cgroup/job/step/memory.max", "900000000\n"),
      ("sys/fs/cgroup/job/step/memory.current", "100\n"), ("sys/fs/cgroup/job/memory.max", "800000000\n"),
      ("sys/fs/cgroup/job/memory.current", "300000000\n"),
      ("sys/fs/cgroup/job/memory.stat", "anon 5\ninactive_file 100000000\n"),
    ])
    #expect(second.bytes == 600_000_000 && second.limitedBy.contains("/job"))
    let first = try free([
      ("proc/self/cgroup", "5:devices:/\n4:memory:/x\n"),
      ("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "500000000\n"),
      ("sys/fs/cgroup/memory/x/memory.usage_in_bytes", "600000000\n"),
      ("sys/fs/cgroup/memory/x/memory.stat", "total_inactive_file 200000000\n"),
      ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
    ])
    #expect(first.bytes == 100_000_000)
  }

  @Test func aGivenFigureWins() throws {
    #expect(try free([], [FreeMemory.variable: "12345"]).bytes == 12_345)
    #expect(try free([], [FreeMemory.variable: "lots"]).bytes == 1_024_000_000)
  }
}
