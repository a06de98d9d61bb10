import Support
import Testing
import Tokenization

/// Contexts and continuations encoded together, equal to lm-evaluation-harness' rule over the reference tokenizers.
@Suite struct JointEncodingTests {
  @Test func pairs() throws {
    for fixture in try #require(try Fixture.json("joint.json").array) {
      let folder = try #require(fixture["folder"]?.string)
      let tokenizer = try Fixture.tokenizer(folder)
      let bos = fixture["bos"]?.integer.map { Int32($0) }
      for item in try #require(fixture["cases"]?.array) {
        let context = try #require(item["context"]?.bytes)
        let continuation = try #require(item["continuation"]?.bytes)
        let found = try tokenizer.encode(
          context: context.bytes, continuation: continuation.bytes, specialTokens: false)
        #expect(found.context == item["context_ids"]?.ids, "\(folder): \(item)")
        #expect(found.whole == item["whole"]?.ids, "\(folder): \(item)")
        #expect(found.continuation == item["continuation_ids"]?.ids, "\(folder): \(item)")
        // The template's BOS goes before both, once.
        let special = try tokenizer.encode(context: context.bytes, continuation: continuation.bytes)
        #expect(special.continuation == found.continuation, "\(folder): \(item)")
        #expect(special.context.first == bos ?? found.context.first)
        #expect(special.context.count { $0 == bos } == (bos == nil ? 0 : 1))
      }
    }
  }

  @Test func invalidTextIsNamed() throws {
    let tokenizer = try Fixture.tokenizer("gpt2")
    #expect(throws: TokenizerError.invalidUTF8(offset: 1, byte: 0xC3)) {
      try tokenizer.encode(context: [0x61, 0xC3], continuation: [0xA9])
    }
  }
}
