import Support
import Testing
import Tokenization

/// Every Unicode scalar value, through the checksums of the reference library.
@Suite struct UnicodeTests {
  static let scalars = (0..<UInt32(0x110000)).compactMap(Unicode.Scalar.init)

  @Test func bertNormalizer() throws {
    for item in try #require(try Fixture.json("unicode.json")["bert"]?.array) {
      var normalizer = BertNormalizer()
      normalizer.lowersCase = item["lowercase"]?.bool ?? true
      normalizer.stripsAccents = item["strip_accents"]?.bool ?? true
      normalizer.separatesIdeographs = item["ideographs"]?.bool ?? true
      var sum = Checksum()
      for scalar in Self.scalars {
        for byte in normalizer.normalized([0x61] + Array(String(scalar).utf8) + [0x62]) { sum.add(Int32(byte)) }
        sum.add(0xFF)
      }
      #expect(String(sum.state) == item["checksum"]?.string, "\(item)")
    }
  }

  @Test func albertNormalizer() throws {
    let normalizer = AlbertNormalizer()
    var sum = Checksum()
    for scalar in Self.scalars {
      // White space becomes a blank in ours; the reference splits at it later.
      let isBlank = scalar.properties.isWhitespace
      let found = normalizer.normalized([0x61] + Array(String(scalar).utf8) + [0x62])
      if isBlank, found != [0x61, 0x20, 0x62] { Issue.record("U+\(String(scalar.value, radix: 16)) gave \(found)") }
      for byte in isBlank ? [] : found { sum.add(Int32(byte)) }
      sum.add(0xFF)
    }
    #expect(String(sum.state) == (try Fixture.json("unicode.json")["albert"]?.string))
  }

  /// Where words are cut, what is dropped, and the offsets.
  @Test(arguments: ["wordpiece", "gpt2", "llama3", "xlmr"]) func splits(_ name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    var sum = Checksum()
    for scalar in Self.scalars {
      let character = Array(String(scalar).utf8)
      let text =
        Array("a1".utf8) + character + Array("1a!".utf8) + character + [UInt8(ascii: " ")] + character
      for token in try tokenizer.tokenize(text) {
        sum.add(token.id)
        sum.add(Int32(token.start))
        sum.add(Int32(token.end))
      }
    }
    #expect(String(sum.state) == (try Fixture.json("unicode.json")["splits"]?[name]?.string))
  }

  /// Which scalars Digits cuts apart; a blank before every piece shows where.
  @Test func digits() throws {
    let fixture = try #require(try Fixture.json("unicode.json")["digits"])
    let tokenizer = try Fixture.tokenizer(
      try #require(fixture["folder"]?.string), tokenizerJSON: fixture["tokenizer_json"])
    var sum = Checksum()
    for scalar in Self.scalars {
      let character = Array(String(scalar).utf8)
      sum.add(-1)
      for token in try tokenizer.tokenize([0x61] + character + [0x31] + character) { sum.add(token.id) }
    }
    #expect(String(sum.state) == fixture["checksum"]?.string)
  }
}
