import Foundation
import Support
import Testing

/// What `Tools/stamp-build.sh` writes into the program at build time.
@Suite struct BuildStampTests {
  private static let script: String = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path + "/Tools/stamp-build.sh"
  }()

  private static func shell(_ command: String, in folder: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  private static let hasGit = (try? shell("git --version", in: "/"))?.status == 0

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/stamp-\(UUID().uuidString)"
    try Files.makeFolders(folder + "/Sources")
    defer { try? Files.remove(folder) }
    try Files.writeAtomically(folder + "/Package.swift", [])
    try body(folder)
  }

  private func stamp(_ folder: String) throws -> String {
    #expect(try BuildStampTests.shell("sh '\(BuildStampTests.script)' . stamp.swift", in: folder).status == 0)
    return String(decoding: try Files.read(folder + "/stamp.swift"), as: UTF8.self)
  }

  /// From a tarball nothing is claimed.
  @Test func withoutARepository() throws {
    try withFolder { folder in
      let text = try stamp(folder)
      #expect(text.contains("commit: String? = nil") && text.contains("isDirty: Bool? = nil"))
    }
  }

  @Test(.enabled(if: hasGit, "there is no git here")) func theCommitAndWhetherSourcesDiffer() throws {
    try withFolder { folder in
      let git = "git -c user.name=a -c user.email=a@b"
      let made = "git init -q . && git add Package.swift && \(git) commit -q -m x && git rev-parse HEAD"
      let head = try BuildStampTests.shell(made, in: folder).output.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(head.count == 40)
      #expect(try stamp(folder).contains("commit: String? = \"\(head)\""))
      #expect(try stamp(folder).contains("isDirty: Bool? = false"))
      // Written again only where it says something else: a new file would be compiled again.
      let before = try FileManager.default.attributesOfItem(atPath: folder + "/stamp.swift")[.modificationDate] as? Date
      _ = try stamp(folder)
      let after = try FileManager.default.attributesOfItem(atPath: folder + "/stamp.swift")[.modificationDate] as? Date
      #expect(before == after)
      try Files.writeAtomically(folder + "/Sources/new.swift", [])
      #expect(try stamp(folder).contains("isDirty: Bool? = true"))
    }
  }
}
