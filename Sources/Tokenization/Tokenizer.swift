/// One token of a text.
package struct Token: Sendable, Equatable {
  package var id: Int32
  /// The token covers the bytes `[start, end)` of the original text.
  package var start: Int
  package var end: Int

  package init(id: Int32, start: Int, end: Int) {
    self.id = id
    self.start = start
    self.end = end
  }
}

/// Turns UTF-8 text into token ids as the tokenizer of the Hugging Face checkpoint does.
package protocol Tokenizer: Sendable {
  /// The largest id that the tokenizer can produce, plus 1.
  var vocabularySize: Int { get }
  /// The special tokens that go around one text or a pair.
  var template: SpecialTokenTemplate { get }
  /// The ids of the tokens that have a role, such as BOS or padding.
  var special: SpecialTokens { get }
  /// Whether the model reads token type ids. If it does not, ``Encoding/typeIDs`` are all 0, as in the reference.
  var givesTypeIDs: Bool { get }

  /// The tokens of a text, without special tokens around it.
  ///
  /// - Throws: ``TokenizerError`` when the text is not valid UTF-8 or longer than 1 GiB.
  func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token]

  /// The text of a sequence of ids, without special tokens and without ids outside the vocabulary.
  ///
  /// The result need not be valid UTF-8: the ids of a byte-level model may end inside a character.
  func decode(_ ids: [Int32]) -> [UInt8]
}

extension Tokenizer {
  package var bosID: Int32? { special.bos }
  package var eosID: Int32? { special.eos }
  package var padID: Int32? { special.pad }
  package var unkID: Int32? { special.unk }
  package var maskID: Int32? { special.mask }
}
