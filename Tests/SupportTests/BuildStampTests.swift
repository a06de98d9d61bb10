import Foundation
import Support
import TestSupport
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

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("Package.swift", "")
  }

  private func stamp() throws -> String {
    let command = "sh '\(BuildStampTests.script)' . stamp.swift"
    #expect(try BuildStampTests.shell(command, in: folder.path).status == 0)
    return String(decoding: try Files.read(folder.path + "/stamp.swift"), as: UTF8.self)
  }

  /// From a tarball nothing is claimed.
  @Test func withoutARepository() throws {
    let text = try stamp()
    #expect(text.contains("commit: String? = nil") && text.contains("isDirty: Bool? = nil"))
  }

  @Test(.enabled(if: hasGit, "there is no git here")) func theCommitAndWhetherSourcesDiffer() throws {
    let git = "git -c user.name=a -c user.email=a@b"
    let made = "git init -q . && git add Package.swift && \(git) commit -q -m x && git rev-parse HEAD"
    let head = try BuildStampTests.shell(made, in: folder.path).output.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(head.count == 40)
    #expect(try stamp().contains("commit: String? = \"\(head)\""))
    #expect(try stamp().contains("isDirty: Bool? = false"))
    // Written again only where it says something else: a new file would be compiled again.
    let before =
      try FileManager.default.attributesOfItem(atPath: folder.path + "/stamp.swift")[.modificationDate] as? Date
    _ = try stamp()
    let after =
      try FileManager.default.attributesOfItem(atPath: folder.path + "/stamp.swift")[.modificationDate] as? Date
    #expect(before == after)
    try folder.write("Sources/new.swift", "")
    #expect(try stamp().contains("isDirty: Bool? = true"))
  }
}
