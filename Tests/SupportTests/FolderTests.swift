import Foundation
import Support
import TestSupport
import Testing

@Suite struct FolderTests {
  /// Python's os.fsencode and os.fsdecode do the same with other escapes: every byte string comes back as it was.
  @Test(
    arguments: [
      Array("plain/é/日本".utf8), [0x64, 0xE9], [0xFF, 0x00, 0x80], [0xC3], [0xF4, 0x8F, 0xBF, 0xA9], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [],
    ] as [[UInt8]]) func pathsKeepTheirBytes(_ bytes: [UInt8])
  {
    #expect(PathText.bytes(PathText.text(bytes)) == bytes)
  }

  @Test func longNamesAreShortUniqueAndStable() {
    let long = String(repeating: "a/", count: 300)
    let names = ["x", "y"].map { FolderName.make(long + $0, end: "seed1") }
    #expect(Set(names).count == 2 && names.allSatisfy { $0.utf8.count <= 200 && $0.hasSuffix("-seed1") })
    #expect(FolderName.make(long + "x", end: "seed1") == names[0])
    #expect(FolderName.make("cola-adamw-lr0.001", end: "seed1") == "cola-adamw-lr0.001-seed1")
  }

  @Test func aClaimedFolderIsNobodyElses() throws {
    let folder = try TemporaryFolder()
    do {
      let claim = try FolderClaim.take(folder.path)
      try claim?.begin()
      #expect(claim != nil)
      #expect(try FolderClaim.take(folder.path) == nil)
      #expect(FolderClaim.owner(of: folder.path)?.hasPrefix("process \(getpid()) on ") == true)
      try FolderClaim.add("rank.svg", in: folder.path)
      try FolderClaim.add("../outside", in: folder.path)
      #expect(FolderClaim.names(in: folder.path) == ["rank.svg"])
    }
    #expect(try FolderClaim.take(folder.path) != nil)
  }

  @Test func aFolderIsMadeOnce() throws {
    let folder = try TemporaryFolder()
    #expect(try Files.makeNewFolder(folder.path + "/a/b"))
    #expect(try !Files.makeNewFolder(folder.path + "/a/b"))
    try folder.write("file", [1])
    #expect(throws: FileError.self) { try Files.makeNewFolder(folder.path + "/file/b") }
  }

  /// Removing follows no link out of the folder.
  @Test func removalStaysInside() throws {
    let folder = try TemporaryFolder()
    try folder.write("kept/file", [1])
    try Files.makeFolders(folder.path + "/gone/deep")
    #expect(symlink(folder.path + "/kept", folder.path + "/gone/link") == 0)
    try Files.remove(folder.path + "/gone")
    #expect(Files.exists(folder.path + "/kept/file") && !Files.exists(folder.path + "/gone"))
  }

  /// A name as long as the file system takes leaves no room for an ending.
  @Test func theLongestNameIsWritten() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/" + String(repeating: "n", count: 255)
    try Files.writeAtomically(path, [7])
    #expect(try Files.read(path) == [7])
    #expect(try Files.entries(folder.path).count == 1)
  }
}

@Suite struct ProcessorsTests {
  private func allowed(_ files: [(String, String)]) throws -> Int {
    let root = try TemporaryFolder()
    for (name, text) in files { try root.write(name, text) }
    return Processors.allowed(root: root.path + "/")
  }

  @Test func quotas() throws {
    let unlimited = try allowed([])
    #expect(unlimited >= 1 && unlimited <= ProcessInfo.processInfo.processorCount)
    let second = ("proc/self/cgroup", "0::/job/step\n")
    #expect(try allowed([second, ("sys/fs/cgroup/job/cpu.max", "50000 100000\n")]) == 1)
    #expect(try allowed([second, ("sys/fs/cgroup/job/cpu.max", "max 100000\n")]) == unlimited)
    // One and a half are two.
    #expect(try allowed([second, ("sys/fs/cgroup/job/step/cpu.max", "150000 100000\n")]) == min(2, unlimited))
    let first = ("proc/self/cgroup", "4:cpu,cpuacct:/job\n")
    let folder = "sys/fs/cgroup/cpu,cpuacct/job/"
    #expect(
      try allowed([first, (folder + "cpu.cfs_quota_us", "100000\n"), (folder + "cpu.cfs_period_us", "100000\n")]) == 1)
    #expect(
      try allowed([first, (folder + "cpu.cfs_quota_us", "-1\n"), (folder + "cpu.cfs_period_us", "100000\n")])
        == unlimited)
  }
}
