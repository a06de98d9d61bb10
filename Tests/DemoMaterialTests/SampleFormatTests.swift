import DemoMaterial
import Support
import Testing

/// `Tools/sample_formats.py` reads the committed files by the official rules. These tests hold for every seed.
@Suite("Demo material: samples of all tasks")
struct SampleFormatTests {
  static let files = Material(seed: 5, textBytes: 0).sampleFiles

  @Test("Every sample says in its README that it is one, and has no path twice")
  func readmes() {
    let folders = Set(Self.files.map { $0.path.prefix(while: { $0 != "/" }) + "/" + $0.path.split(separator: "/")[1] })
    #expect(folders.count == 23)
    for folder in folders {
      let readme = Self.files.first { $0.path == "\(folder)/sample/README.md" }
      #expect(readme?.text.hasPrefix("# Synthetic sample, not ") == true, "\(folder)")
    }
    #expect(Set(Self.files.map(\.path)).count == Self.files.count)
  }

  @Test("Every row of a table has as many columns as its first line, and there are at least 30 rows")
  func tables() {
    for file in Self.files where file.path.hasSuffix(".tsv") {
      // By code points: a line feed behind a carriage return, or a mark before the header, is one Character otherwise.
      let lines = file.text.unicodeScalars.split(separator: "\n")
      let counts = lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false).count }
      #expect(Set(counts).count == 1 && counts.count > 30, "\(file.path): \(Set(counts)), \(counts.count) lines")
    }
  }

  @Test("Every JSON file parses, and every split has at least 30 examples")
  func json() throws {
    for file in Self.files where file.path.hasSuffix(".jsonl") {
      let rows = try file.text.utf8.split(separator: UInt8(ascii: "\n")).map { try JSON.parse($0) }
      #expect(rows.count >= 30 && rows.allSatisfy { $0.object != nil }, "\(file.path)")
      #expect(file.text.hasSuffix("\n"))
    }
    for file in Self.files where file.path.hasSuffix(".json") && !file.path.contains("squad") {
      #expect(try (JSON.parse(Array(file.text.utf8)).array ?? []).count >= 30, "\(file.path)")
    }
  }

  @Test("Every answer stands in its context where it says, in code points")
  func spans() throws {
    for file in Self.files where file.path.contains("squad") && file.path.hasSuffix(".json") {
      var answers = 0
      for article in try JSON.parse(Array(file.text.utf8))["data"]?.array ?? [] {
        for paragraph in article["paragraphs"]?.array ?? [] {
          let context = Array((paragraph["context"]?.string ?? "").unicodeScalars)
          for question in paragraph["qas"]?.array ?? [] {
            for answer in (question["answers"]?.array ?? []) + (question["plausible_answers"]?.array ?? []) {
              let text = Array((answer["text"]?.string ?? "").unicodeScalars)
              let start = try #require(answer["answer_start"]?.integer)
              try #require(start + text.count <= context.count)
              #expect(!text.isEmpty && Array(context[start..<start + text.count]) == text)
              answers += 1
            }
          }
        }
      }
      #expect(answers >= 30, "\(file.path)")
    }
  }

  @Test("JSON is escaped as Python does it, with two escapes beyond the basic plane")
  func escapes() throws {
    let squad = try #require(Self.files.first { $0.path.hasSuffix("squad/sample/train-v1.1.json") })
    #expect(squad.text.utf8.allSatisfy { $0 < 128 })
    #expect(squad.text.contains("\\ud83c\\udfdb") && squad.text.contains("\\\""))
    let boolq = try #require(Self.files.first { $0.path.hasSuffix("boolq/sample/train.jsonl") })
    #expect(boolq.text.contains("\u{1F3DB}") && !boolq.text.contains("\\u"))
  }
}
