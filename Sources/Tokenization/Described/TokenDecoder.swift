/// Turns ids into text as tokenizer.json describes it.
///
/// Source: `Tokenizer::decode` of the tokenizers library.
struct TokenDecoder: Sendable {
  /// The decoders in order; `nil` where tokenizer.json has none, so that tokens are joined by spaces.
  let steps: [DecodingStep]?
  let entries: EntryTable
  let added: AddedTokenLayers

  /// The text of the ids, without special tokens and without ids outside the vocabulary.
  func decode(_ ids: [Int32]) -> [UInt8] {
    let tokens = ids.compactMap { id -> [UInt8]? in
      if let token = added.token(id: id) { return token.isSpecial ? nil : token.content.bytes }
      return entries[id].map { Array($0) }
    }
    guard let steps else { return Array(tokens.joined(separator: [UInt8(ascii: " ")])) }
    guard !tokens.isEmpty else { return [] }
    return steps.reduce(tokens) { $1.apply($0) }.flatMap { $0 }
  }
}
