/// LLaMA's tokenizer, which applies a SentencePiece model to the text as it is.
///
/// A special token written in the text is treated as plain text. The pieces equal those of the sentencepiece library;
/// the folder's settings decide whether BOS and EOS are added.
package struct SentencePieceTokenizer: Tokenizer {
  package let vocabularySize: Int
  package let template: SpecialTokenTemplate
  package let special: SpecialTokens
  package let givesTypeIDs: Bool

  private let model: SentencePieceModel
  private let specialIDs: Set<Int32>

  init(
    model: SentencePieceModel, added: [AddedToken], special: SpecialTokens, template: SpecialTokenTemplate,
    givesTypeIDs: Bool
  ) {
    self.model = model
    self.special = special
    self.template = template
    self.givesTypeIDs = givesTypeIDs
    let roles = [special.bos, special.eos, special.pad, special.mask].compactMap(\.self)
    vocabularySize = max(model.size, Int(roles.max() ?? 0) + 1)
    specialIDs = Set(added.filter(\.isSpecial).map(\.id)).subtracting([special.unk].compactMap(\.self))
  }

  package func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token] {
    try UTF8Text.check(text)
    return try model.encode(text)
  }

  package func decode(_ ids: [Int32]) -> [UInt8] {
    model.decode(ids.filter { !specialIDs.contains($0) })
  }
}
