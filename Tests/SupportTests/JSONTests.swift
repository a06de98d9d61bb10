import Foundation
import Support
import TestSupport
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8)) }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "01", "1.", "1e", "-", "nul", "\"a", "\"\\x\"", "\"\\ud800\"",
    "\"\\u12\"",
    "1 2", "{\"a\":1,\"a\":2}", "\"\u{1}\"", "[" + String(repeating: "[", count: 100), "{\"a\":{\"b\":1,\"b\":1}}",
  ]) func refused(_ text: String) {
    #expect(throws: JSONParseError.self) { try parse(text) }
  }

  @Test func invalidUTF8() {
    #expect(throws: JSONParseError.self) { try JSON.parse([0x22, 0xFF, 0x22]) }
  }

  /// Canonically equal keys are different keys, and surrogate pairs are one scalar.
  @Test func keysAreBytes() throws {
    let json = try parse("{\"\u{e9}\": 1, \"e\u{301}\": 2, \"s\": \"\\ud83d\\ude00\"}")
    #expect(json.object?.members.count == 3)
    #expect(json["s"]?.string == "😀")
  }

  @Test func duplicateNamesPlace() {
    #expect { try parse("{\n\"a\":1,\n\"a\":2}") } throws: { error in
      let fault = error as? JSONParseError
      return fault?.line == 3 && fault?.reason.contains("duplicate key \"a\"") == true
    }
  }

  /// Numbers keep their text, members their order.
  @Test func roundTrip() throws {
    let text = "{\n  \"b\": 1e-12,\n  \"a\": [\n    true,\n    null,\n    \"x\\ny\"\n  ],\n  \"c\": {}\n}\n"
    #expect(try String(decoding: parse(text).serialized(), as: UTF8.self) == text)
    #expect(JSON.real(.nan) == .null && JSON.real(0.1) == .number("0.1"))
  }
}

@Suite struct FilesTests {
  @Test func aFailingWriteLeavesTheOldFile() throws {
    let folder = try TemporaryFolder()
    try Files.writeAtomically(folder.path + "/a", Array("old".utf8))
    struct Stop: Error {}
    #expect(throws: FileError.self) {
      try Files.writeAtomically(folder.path + "/a") { write in
        try [UInt8](repeating: 1, count: 9).withUnsafeBytes { try write($0) }
        throw Stop()
      }
    }
    #expect(try Files.read(folder.path + "/a") == Array("old".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
    #expect(throws: FileError.missing(path: folder.path + "/b")) { try Files.read(folder.path + "/b") }
    #expect(throws: FileError.isDirectory(path: folder.path)) { try Files.read(folder.path) }
    #expect(throws: FileError.tooLarge(path: folder.path + "/a", bytes: 3, limit: 2)) {
      try Files.read(folder.path + "/a", limit: 2)
    }
  }

  @Test func theDigestIsSHA256() throws {
    let folder = try TemporaryFolder()
    #expect(
      try Digest.sha256(ofFile: folder.write("abc", "abc"))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}

@Suite(.serialized) struct ThreadPoolTests {
  @Test func everyPartOnceAndNestedRegionsInline() {
    for threads in [1, 2, 3] {
      ThreadPool.shared.configure(threads: threads)
      for parts in [0, 1, 2, 7, 100] {
        let counts = UnsafeMutablePointer<Int>.allocate(capacity: 101)
        defer { counts.deallocate() }
        counts.update(repeating: 0, count: 101)
        for _ in 0..<50 {
          ThreadPool.shared.parallel(parts) { part in
            ThreadPool.shared.parallel(3) { inner in if inner == part % 3 { counts[part] += 1 } }
          }
        }
        #expect((0..<101).allSatisfy { counts[$0] == ($0 < parts ? 50 : 0) })
      }
    }
  }
}
