import Foundation
import Support
import Testing
import Tokenization

/// Ids, byte spans and decoded text of hard strings, equal to the reference libraries.
@Suite struct ReferenceCasesTests {
  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: Fixture.root + "/cases"))?.sorted() ?? []

  @Test func fixturesAreThere() {
    #expect(Self.names.count >= 8)
  }

  @Test(arguments: names) func hardStrings(_ name: String) throws {
    let fixture = try Fixture.json("cases/" + name)
    let tokenizer = try Fixture.tokenizer(
      try #require(fixture["folder"]?.string), settings: try #require(fixture["settings"]),
      tokenizerJSON: fixture["tokenizer_json"])
    let texts = try #require(try Fixture.json("texts.json").array).map { try #require($0.bytes) }
    let cases = try Fixture.cases("cases/" + name)
    #expect(cases.count == texts.count)
    for (text, item) in zip(texts, cases) {
      let tokens = try tokenizer.tokenize(text.bytes)
      if let expected = item["checksum"]?.string {
        var sum = Checksum()
        for token in tokens { sum.add(token.id) }
        #expect(tokens.count == item["count"]?.integer)
        #expect(String(sum.state) == expected, "\(text.description.prefix(40))")
        if let expected = item["spans_checksum"]?.string {
          var sum = Checksum()
          for token in tokens { sum.add(span: token.start..<token.end) }
          #expect(String(sum.state) == expected, "\(text.description.prefix(40))")
        }
        continue
      }
      let ids = try #require(item["ids"]?.ids)
      #expect(tokens.map(\.id) == ids, "\(text.description.debugDescription)")
      if let spans = item["spans"]?.array, tokens.map(\.id) == ids {
        let found = tokens.map { [$0.start, $0.end] }
        #expect(try found == Fixture.spans(spans), "\(text.description.debugDescription)")
      }
      if let decoded = item["decoded"] == .bool(true) ? text : item["decoded"]?.bytes {
        // The reference shows bytes that are not UTF-8 as U+FFFD.
        let repaired = Array(String(decoding: tokenizer.decode(ids), as: UTF8.self).utf8)
        #expect(ByteString(repaired) == decoded, "\(text.description.debugDescription)")
      }
      #expect(tokens.allSatisfy { $0.id >= 0 && $0.id < tokenizer.vocabularySize })
      #expect(tokens.allSatisfy { 0 <= $0.start && $0.start <= $0.end && $0.end <= text.bytes.count })
    }
  }

  static let encodingNames =
    (try? FileManager.default.contentsOfDirectory(atPath: Fixture.root + "/encodings"))?.sorted() ?? []

  /// Templates for one text and pairs, truncation at many lengths, roles.
  @Test(arguments: encodingNames) func encodings(_ name: String) throws {
    let fixture = try Fixture.json("encodings/" + name)
    let tokenizer = try Fixture.tokenizer(
      try #require(fixture["folder"]?.string), settings: try #require(fixture["settings"]))
    let givesTypeIDs = fixture["model_reads_type_ids"] == .bool(true)
    #expect(tokenizer.givesTypeIDs == givesTypeIDs)
    for item in try Fixture.cases("encodings/" + name) {
      let encoding = try tokenizer.encode(
        try #require(try Fixture.text(item["first"], of: fixture)), try Fixture.text(item["second"], of: fixture),
        maximumLength: item["maximum"]?.integer)
      #expect(encoding.ids == item["ids"]?.ids, "\(item)")
      let typeIDs = try #require(item["type_ids"]?.ids)
      #expect(encoding.typeIDs == (givesTypeIDs ? typeIDs : typeIDs.map { _ in 0 }), "\(item)")
      #expect(encoding.removed == item["removed"]?.integer)
      #expect(encoding.spans.count == encoding.ids.count)
      #expect(encoding.sequences.count == encoding.ids.count)
    }
    let special = try #require(fixture["special"])
    #expect(tokenizer.bosID.map(Int.init) == special["bos_token_id"]?.integer)
    #expect(tokenizer.eosID.map(Int.init) == special["eos_token_id"]?.integer)
    #expect(tokenizer.unkID.map(Int.init) == special["unk_token_id"]?.integer)
    #expect(tokenizer.padID.map(Int.init) == special["pad_token_id"]?.integer)
    #expect(tokenizer.maskID.map(Int.init) == special["mask_token_id"]?.integer)
  }

  /// Texts on which two rules that are easily taken for each other differ.
  @Test func borders() throws {
    for item in try #require(try Fixture.json("borders.json").array) {
      let patch = item["tokenizer_json"].flatMap { $0.isNull ? nil : $0 }
      let tokenizer = try Fixture.tokenizer(
        try #require(item["folder"]?.string), settings: try #require(item["settings"]), tokenizerJSON: patch,
        renamed: item["renamed"])
      for pair in try #require(item["cases"]?.array) {
        let text = try #require(pair.array?[0].bytes)
        #expect(
          try tokenizer.tokenize(text.bytes).map(\.id) == pair.array?[1].ids, "\(item["folder"]?.string ?? ""): \(text)"
        )
      }
    }
  }

  @Test func truncationCounts() throws {
    for row in try #require(try Fixture.json("truncation.json").array) {
      let values = (row.array ?? []).compactMap(\.integer)
      #expect(Truncation.longestFirst([values[1], values[2]], room: values[0]) == [values[3], values[4]], "\(values)")
    }
  }
}
