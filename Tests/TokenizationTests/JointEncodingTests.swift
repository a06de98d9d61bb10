import Support
import Testing
import Tokenization

/// Contexts with continuations.
@Suite struct JointEncodingTests {
  @Test(arguments: ["gpt2", "llama", "roberta"], ["The answer is:", "The answer is: ", "a\n\n"])
  func boundaries(_ name: String, _ context: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    let continuation = context.hasSuffix(":") ? " yes it is" : "yes it is"
    let (ids, start) = try tokenizer.encode(context: Array(context.utf8), continuation: Array(continuation.utf8))
    let whole = try tokenizer.tokenize(Array((context + continuation).utf8)).map(\.id)
    let special = ids.count - whole.count
    #expect(Array(ids.suffix(whole.count)) == whole && special <= 1)
    // The context's own tokens, trailing blanks aside.
    var trimmed = Substring(context)
    while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
    let own = try tokenizer.tokenize(Array(trimmed.utf8)).map(\.id)
    #expect(Array(ids[special..<start]) == own && start < ids.count)
  }

  /// Something must come before what is scored.
  @Test func emptyContexts() throws {
    let tokenizer = try Fixture.tokenizer("gpt2")
    let (ids, start) = try tokenizer.encode(context: [], continuation: Array("yes".utf8))
    let prefix = try #require(tokenizer.bosID ?? tokenizer.eosID)
    #expect(start == 1 && ids.first == prefix)
    #expect(try Array(ids.dropFirst()) == tokenizer.tokenize(Array("yes".utf8)).map(\.id))
  }
}
