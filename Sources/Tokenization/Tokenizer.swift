/// One token of a text.
package struct Token: Sendable, Equatable {
  package var id: Int32
  /// Byte offsets `[start, end)` into the original text.
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
  /// The largest id it can produce, plus 1.
  var vocabularySize: Int { get }
  /// Ids that go around one text or a pair.
  var template: SpecialTokenTemplate { get }
  /// Ids of the tokens that have a role.
  var special: SpecialTokens { get }
  /// Whether the model reads token type ids; without, ``Encoding/typeIDs`` are all 0, as the reference feeds it.
  var givesTypeIDs: Bool { get }

  /// The tokens of a text, without special tokens around it.
  ///
  /// - Throws: ``TokenizerError`` when the text is not valid UTF-8 or longer than 1 GiB.
  func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token]

  /// The text of ids, special tokens left out; ids outside the vocabulary are left out too.
  ///
  /// Bytes that are not UTF-8, where a byte-level model was cut inside a character, are returned as they are.
  func decode(_ ids: [Int32]) -> [UInt8]
}

extension Tokenizer {
  package var bosID: Int32? { special.bos }
  package var eosID: Int32? { special.eos }
  package var padID: Int32? { special.pad }
  package var unkID: Int32? { special.unk }
  package var maskID: Int32? { special.mask }
}
