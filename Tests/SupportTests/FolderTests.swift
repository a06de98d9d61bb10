import Foundation
import Testing

import Support

@Suite struct FolderTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/support-\(UUID().uuidString)"
    try Files.makeFolders(folder)
    defer { try? Files.remove(folder) }
    try body(folder)
  }

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
    try withFolder { folder in
      do {
        let claim = try FolderClaim.take(folder)
        claim?.begin()
        #expect(claim != nil)
        #expect(try FolderClaim.take(folder) == nil)
        #expect(FolderClaim.owner(of: folder)?.hasPrefix("process \(getpid()) on ") == true)
        try FolderClaim.add("rank.svg", in: folder)
        try FolderClaim.add("../outside", in: folder)
        #expect(FolderClaim.names(in: folder) == ["rank.svg"])
      }
      #expect(try FolderClaim.take(folder) != nil)
    }
  }

  @Test func aFolderIsMadeOnce() throws {
    try withFolder { folder in
      #expect(try Files.makeNewFolder(folder + "/a/b"))
      #expect(try !Files.makeNewFolder(folder + "/a/b"))
      try Files.writeAtomically(folder + "/file", [1])
      #expect(throws: FileError.self) { try Files.makeNewFolder(folder + "/file/b") }
    }
  }

  /// Removing follows no link out of the folder.
  @Test func removalStaysInside() throws {
    try withFolder { folder in
      try Files.makeFolders(folder + "/kept")
      try Files.writeAtomically(folder + "/kept/file", [1])
      try Files.makeFolders(folder + "/gone/deep")
      #expect(symlink(folder + "/kept", folder + "/gone/link") == 0)
      try Files.remove(folder + "/gone")
      #expect(Files.exists(folder + "/kept/file") && !Files.exists(folder + "/gone"))
    }
  }

  /// A name as long as the file system takes leaves no room for an ending.
  @Test func theLongestNameIsWritten() throws {
    try withFolder { folder in
      let path = folder + "/" + String(repeating: "n", count: 255)
      try Files.writeAtomically(path, [7])
      #expect(try Files.read(path) == [7])
      #expect(try Files.entries(folder).count == 1)
    }
  }
}

@Suite struct ProcessorsTests {
  private func allowed(_ files: [(String, String)]) throws -> Int {
    let root = FileManager.default.temporaryDirectory.path + "/cpus-\(UUID().uuidString)"
    defer { try? Files.remove(root) }
    for (name, text) in files {
      try Files.makeFolders(Files.parent(of: root + "/" + name) ?? root)
      try Files.writeAtomically(root + "/" + name, Array(text.utf8))
    }
    return Processors.allowed(root: root + "/")
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
