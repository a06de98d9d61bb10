import Support
import TestSupport
import Testing
import Tokenization

/// Which tokens end a line.
@Suite struct TokensHoldingTests {
  /// Against the vocabulary file itself: a byte-level vocabulary writes a line break as Ċ.
  @Test(arguments: ["gpt2", "roberta"]) func lineBreaksOfByteLevelVocabularies(_ name: String) throws {
    let vocabulary = try #require(try Fixture.json("folders/\(name)/vocab.json").object)
    let expected = vocabulary.members.filter { $0.key.description.contains("Ċ") }.compactMap { $0.value.integer }
    #expect(!expected.isEmpty)
    let found = try Fixture.tokenizer(name).tokens(holding: 0x0A)
    #expect(found.sorted() == expected.map { Int32($0) }.sorted())
  }

  /// LLaMA falls back on the byte's own piece.
  @Test func lineBreakOfSentencePiece() throws {
    let tokenizer = try Fixture.tokenizer("llama")
    let found = tokenizer.tokens(holding: 0x0A)
    let encoded = try tokenizer.tokenize(Array("a\nb".utf8)).map(\.id)
    #expect(!found.isEmpty && encoded.contains(where: found.contains))
  }
}
