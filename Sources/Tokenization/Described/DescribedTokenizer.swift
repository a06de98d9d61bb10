/// A tokenizer that cuts text by one of the faster ways, and decodes as tokenizer.json describes it.
struct DescribedTokenizer: Tokenizer {
  let core: any Tokenizer
  let decoder: TokenDecoder

  var vocabularySize: Int { core.vocabularySize }
  var template: SpecialTokenTemplate { core.template }
  var special: SpecialTokens { core.special }
  var givesTypeIDs: Bool { core.givesTypeIDs }

  func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token] { try core.tokenize(text) }

  func decode(_ ids: [Int32]) -> [UInt8] { decoder.decode(ids) }
}
