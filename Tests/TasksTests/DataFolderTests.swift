import Foundation
import Support
import Tasks
import TestSupport
import Testing

/// Folders, gzip files and zip archives; the files were made by Python and Info-ZIP.
@Suite struct DataFolderTests {
  private static let text = Array(String(repeating: "a\t1\t\tok é\nb\t0\t*\tis not\n", count: 3).utf8)

  private func fixture(_ name: String) -> String { SharedData.fixture("readers/" + name) }

  @Test func plainFiles() throws {
    let folder = try TemporaryFolder()
    try folder.write("CoLA/train.tsv", "abc")
    let data = try DataFolder(path: folder.path)
    #expect(data.contains("CoLA/train.tsv") && !data.contains("train.tsv"))
    #expect(try data.read("train.tsv") == nil)
    let file = try #require(try data.read("CoLA/train.tsv"))
    #expect(file.path == folder.path + "/CoLA/train.tsv" && file.bytes == Array("abc".utf8))
    #expect(file.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect { try data.read("CoLA") } throws: { ($0 as? TaskError)?.message.contains("is a folder") == true }
  }

  @Test func gzipFiles() throws {
    let data = try DataFolder(path: fixture("gzip"))
    for name in ["whole.tsv", "whole.tsv.gz"] {
      let file = try #require(try data.read(name))
      #expect(data.contains(name) && file.bytes == Self.text && file.path.hasSuffix("gzip/whole.tsv.gz"))
      #expect(try file.sha256 == Digest.sha256(ofFile: fixture("gzip/whole.tsv.gz")))
    }
  }

  @Test(arguments: [
    ("several", "several files"), ("cut", "cut off or damaged"), ("cut-end", "cut off or damaged"),
    ("checksum", "checksum or length"), ("length", "checksum or length"), ("plain", "is no gzip file"),
    ("empty", "is no gzip file"),
  ]) func brokenGzipFiles(_ name: String, expected: String) throws {
    let data = try DataFolder(path: fixture("gzip"))
    #expect { try data.read(name + ".tsv") } throws: { error in
      let fault = error as? TaskError
      return fault?.exitStatus == .badInput && fault?.message.contains("\(name).tsv.gz: ") == true
        && fault?.message.contains(expected) == true
    }
  }

  /// `CoLA.zip` holds `CoLA/train.tsv`; a Mac's file of attributes is not it.
  @Test(arguments: ["deflated.zip", "stored.zip", "bzip2.zip"]) func archives(_ name: String) throws {
    let data = try DataFolder(path: fixture("zip/" + name))
    #expect(data.contains("train.tsv") && data.contains("CoLA/train.tsv") && data.contains("raw/in_domain.tsv"))
    #expect(
      data.contains("é.tsv") && !data.contains("in_domain") && !data.contains("rain.tsv") && !data.contains("CoLA"))
    #expect(try data.read("dev.tsv") == nil)
    let file = try #require(try data.read("train.tsv"))
    #expect(file.bytes == Self.text && file.path == fixture("zip/\(name)/CoLA/train.tsv"))
    #expect(try file.sha256 == Digest.sha256(ofFile: fixture("zip/" + name)))
    #expect(try data.read("raw/in_domain.tsv")?.bytes == Array(Self.text.prefix(20)))
  }

  @Test(arguments: [
    ("twice", "holds train.tsv 2 times"), ("climbing", "lies outside the archive"),
    ("cut", "cut off or damaged"), ("text", "is no zip archive"), ("empty", "is no zip archive"),
    ("checksum", "damaged"),
    ("locked", "is locked with a password"),
  ]) func brokenArchives(_ name: String, expected: String) {
    #expect { try DataFolder(path: fixture("zip/\(name).zip")).read("train.tsv") } throws: { error in
      let fault = error as? TaskError
      return fault?.exitStatus == .badInput && fault?.message.contains("\(name).zip") == true
        && fault?.message.contains(expected) == true
    }
  }

  /// What grows beyond the limit is refused, however small its file is.
  @Test func filesThatGrow() throws {
    for (path, name) in [("gzip", "zeros.tsv"), ("zip/zeros.zip", "train.tsv")] {
      let data = try DataFolder(path: fixture(path))
      #expect(try data.read(name)?.bytes.count == 8 << 20)
      #expect { try data.read(name, limit: 1 << 20) } throws: {
        ($0 as? TaskError)?.message.contains("more than 1048576 bytes decompressed") == true
      }
    }
  }

  @Test func whatIsNoFolder() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("a.tsv", "x")
    try FileManager.default.createDirectory(atPath: folder.path + "/b.zip", withIntermediateDirectories: true)
    #expect(throws: TaskError.noFolder(path: "/nope")) { try DataFolder(path: "/nope") }
    #expect(throws: TaskError.noFolder(path: "/nope.zip")) { try DataFolder(path: "/nope.zip") }
    #expect(throws: TaskError.noFolder(path: file)) { try DataFolder(path: file) }
    #expect(try DataFolder(path: folder.path + "/b.zip").read("x") == nil)
  }

  /// Equal contents make equal archives, which can be read back; `unzip -t` and Python's zipfile take them too.
  @Test func writtenArchives() throws {
    let folder = try TemporaryFolder()
    let members = [(name: "CoLA.tsv", bytes: Self.text), (name: "é.tsv", bytes: [])]
    for name in ["a.zip", "b.zip"] { try ZipWriter.write(folder.path + "/" + name, members: members) }
    #expect(try Files.read(folder.path + "/a.zip") == Files.read(folder.path + "/b.zip"))
    let data = try DataFolder(path: folder.path + "/a.zip")
    for (name, bytes) in members { #expect(try data.read(name)?.bytes == bytes) }
    #expect(throws: FileError.self) { try ZipWriter.write(folder.path + "/no/a.zip", members: members) }
  }
}
