import Foundation
import Support
import TestSupport
import Testing
import Tokenization

/// Offsets in characters: arithmetic, and every context and question of SQuAD's dev file.
@Suite struct CharacterOffsetsTests {
  @Test(arguments: ["", "plain", "é", "naïve café", "中文 x", "😀a👩\u{200D}👧", "e\u{301}\r\n"])
  func bothWays(_ text: String) {
    let offsets = CharacterOffsets(Array(text.utf8))
    let scalars = Array(text.unicodeScalars)
    #expect(offsets.characters == scalars.count)
    for from in 0...scalars.count {
      for to in from...scalars.count {
        var start = String.UnicodeScalarView()
        start.append(contentsOf: scalars[..<from])
        var end = String.UnicodeScalarView()
        end.append(contentsOf: scalars[..<to])
        let bytes = String(start).utf8.count..<String(end).utf8.count
        #expect(offsets.bytes(from..<to) == bytes)
        #expect(offsets.characters(bytes) == from..<to)
      }
    }
    #expect(offsets.bytes(0..<scalars.count + 1) == nil)
    #expect(offsets.bytes(-1..<0) == nil)
  }

  @Test(.enabled(if: SharedData.isPresent, "needs ../shared/data"), arguments: ["bert", "gpt2", "roberta", "albert"])
  func squad(_ name: String) throws {
    let expected = try #require(try Fixture.json("squad.json")[name])
    let json = try JSON.parse(try Files.read(SharedData.path("squad/dev-v1.1.json")))
    let paragraphs = try #require(json["data"]?.array).flatMap { $0["paragraphs"]?.array ?? [] }
    let texts =
      paragraphs.compactMap { $0["context"]?.bytes?.bytes }
      + paragraphs.flatMap { ($0["qas"]?.array ?? []).compactMap { $0["question"]?.bytes?.bytes } }
    #expect(texts.count == expected["texts"]?.integer)
    // Texts for which transformers and the sentencepiece package, which counts, have different pieces.
    let differ = Set(try #require(expected["differ"]?.ids).map { Int($0) })
    let tokenizer = try SharedFilesTests.tokenizer(name)
    var sum = Checksum()
    var count = 0
    for (index, text) in texts.enumerated() where !differ.contains(index) {
      let offsets = CharacterOffsets(text)
      sum.add(-1)
      for token in try tokenizer.tokenize(text) {
        sum.add(token.id)
        sum.add(span: offsets.characters(token.start..<token.end))
        count += 1
      }
    }
    #expect(count == expected["tokens"]?.integer)
    #expect(String(sum.state) == expected["checksum"]?.string)
  }
}
