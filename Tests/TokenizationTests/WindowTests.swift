import Foundation
import Support
import Testing
import Tokenization

/// Pairs cut into overlapping windows, with offsets in characters, equal to transformers.
@Suite struct WindowTests {
  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: Fixture.root + "/windows"))?.sorted() ?? []

  @Test func fixturesAreThere() {
    #expect(Self.names.count >= 5)
  }

  @Test(arguments: names) func windows(_ name: String) throws {
    let fixture = try Fixture.json("windows/" + name)
    let tokenizer = try Fixture.tokenizer(try #require(fixture["folder"]?.string))
    for item in try #require(fixture["cases"]?.array) {
      let first = try #require(try Fixture.text(item["first"], of: fixture))
      let second = try #require(try Fixture.text(item["second"], of: fixture))
      let maximum = try #require(item["maximum"]?.integer)
      let stride = try #require(item["stride"]?.integer)
      let found = try tokenizer.encodeWindows(first, second, maximumLength: maximum, stride: stride)
      #expect(found.count == item["count"]?.integer, "\(maximum), \(stride)")
      if let ids = item["ids"]?.array { #expect(found.map(\.ids) == ids.map { $0.ids }) }
      var sum = Checksum()
      for (index, window) in found.enumerated() {
        let spans = window.characterSpans([first, second])
        if let expected = item["spans"]?.array, index < expected.count {
          #expect(try spans.map { [$0.lowerBound, $0.upperBound] } == Fixture.spans(#require(expected[index].array)))
        }
        #expect(window.removed == 0)
        #expect(window.ids.count <= maximum)
        sum.add(-2)
        for id in window.ids { sum.add(id) }
        sum.add(-2)
        for sequence in window.sequences { sum.add(Int32(sequence)) }
        sum.add(-2)
        for span in spans { sum.add(span: span) }
        sum.add(-2)
        for type in tokenizer.givesTypeIDs ? window.typeIDs : [] { sum.add(type) }
      }
      #expect(String(sum.state) == item["checksum"]?.string, "\(maximum), \(stride), \(ByteString(second))")
    }
  }

  @Test func noRoomForWindows() throws {
    let tokenizer = try Fixture.tokenizer("wordpiece")
    let (first, second) = (Array("a a a".utf8), Array("a a a a a".utf8))
    #expect(throws: TokenizerError.noRoomForWindows(maximum: 8, taken: 6, stride: 2)) {
      try tokenizer.encodeWindows(first, second, maximumLength: 8, stride: 2)
    }
    #expect(throws: TokenizerError.noRoomForWindows(maximum: 4, taken: 6, stride: 0)) {
      try tokenizer.encodeWindows(first, second, maximumLength: 4, stride: 0)
    }
    #expect(try tokenizer.encodeWindows(first, second, maximumLength: 8, stride: 1).count == 4)
    #expect(try tokenizer.encodeWindows(first, second, maximumLength: 11, stride: 50).count == 1)
  }
}
