import Support
import Testing
import Tokenization

/// One tokenizer.json after another, by the tokenizers library itself (Tools/make_described_fixtures.py).
@Suite struct DescribedTests {
  static let descriptions = (try? Fixture.json("described.json"))?.array ?? []

  @Test func fixturesAreThere() {
    #expect(Self.descriptions.count >= 100)
    #expect(Self.scalarCases.count >= 15)
  }

  @Test(arguments: descriptions.indices) func description(_ index: Int) throws {
    let item = Self.descriptions[index]
    let name = try #require(item["name"]?.string)
    let tokenizer = try Fixture.tokenizer(
      try #require(item["folder"]?.string), settings: try #require(item["settings"]),
      tokenizerJSON: item["tokenizer_json"], renamed: item["renamed"], config: item["config"])
    let texts = try #require(try Fixture.json("texts.json").array).map { try #require($0.bytes) }
    let (ids, spans) = (try Self.digits(item["ids"]), try Self.digits(item["spans"]))
    let decoded = try Self.digits(item["decoded"])
    var whole = Checksum()
    for (number, text) in texts.enumerated() where ids[number] != "--" {
      let tokens = try tokenizer.tokenize(text.bytes)
      whole.add(-1)
      for token in tokens { whole.add(token.id) }
      let shown = "\(name), text \(number): \(text.description.prefix(60).debugDescription)"
      #expect(Self.digits(tokens.map(\.id)) == ids[number], "\(shown)")
      let offsets = CharacterOffsets(text.bytes)
      let found = tokens.map { offsets.characters($0.start..<$0.end) }
      if spans[number] != "--" {
        #expect(
          Self.digits(found.flatMap { [Int32($0.lowerBound), Int32($0.upperBound)] }) == spans[number], "\(shown)")
      }
      // The reference shows bytes that are not UTF-8 as U+FFFD.
      let repaired = String(decoding: tokenizer.decode(tokens.map(\.id)), as: UTF8.self).utf8
      #expect(Self.digits(repaired.map { Int32($0) }) == decoded[number], "\(shown)")
      #expect(tokens.allSatisfy { 0 <= $0.id && $0.id < tokenizer.vocabularySize })
    }
    #expect(String(whole.state) == item["checksum"]?.string, "\(name)")
    let (first, second) = (Array("a b".utf8), Array("c d".utf8))
    let pair = try tokenizer.encode(first, second)
    #expect(pair.ids == item["pair"]?.ids, "\(name)")
    #expect(try tokenizer.encode(first).ids == item["single"]?.ids, "\(name)")
    if let types = item["types"]?.ids { #expect(pair.typeIDs == types, "\(name)") }
    let special = try #require(item["special"])
    #expect(tokenizer.bosID.map(Int.init) == special["bos_token"]?.integer, "\(name)")
    #expect(tokenizer.eosID.map(Int.init) == special["eos_token"]?.integer, "\(name)")
    #expect(tokenizer.unkID.map(Int.init) == special["unk_token"]?.integer, "\(name)")
    #expect(tokenizer.padID.map(Int.init) == special["pad_token"]?.integer, "\(name)")
    #expect(tokenizer.maskID.map(Int.init) == special["mask_token"]?.integer, "\(name)")
  }

  static let scalarCases = (try? Fixture.json("scalars.json"))?.array ?? []

  /// Normal forms, classes and patterns over every Unicode scalar value, sixty-four to a text.
  @Test(arguments: scalarCases.indices) func everyScalar(_ index: Int) throws {
    let item = Self.scalarCases[index]
    let tokenizer = try Fixture.tokenizer("gpt2-json", tokenizerJSON: item["tokenizer_json"])
    var sum = Checksum()
    for start in stride(from: 0, to: UnicodeTests.scalars.count, by: 64) {
      var text: [UInt8] = []
      for scalar in UnicodeTests.scalars[start..<min(start + 64, UnicodeTests.scalars.count)] {
        text += Array("a\(scalar)1 ".utf8)
      }
      sum.add(-1)
      for token in try tokenizer.tokenize(text) { sum.add(token.id) }
    }
    #expect(String(sum.state) == item["checksum"]?.string, "\(item["name"]?.string ?? "")")
  }

  /// The last two hexadecimal digits of a checksum, as the fixture has one for each text.
  private static func digits(_ values: [Int32]) -> String {
    var sum = Checksum()
    for value in values { sum.add(value) }
    let digits = String(sum.state & 0xFF, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }

  private static func digits(_ all: JSON?) throws -> [String] {
    let characters = Array(try #require(all?.string))
    return stride(from: 0, to: characters.count, by: 2).map { String(characters[$0...$0 + 1]) }
  }
}
