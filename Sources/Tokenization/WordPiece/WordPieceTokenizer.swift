import Support

/// BERT's tokenizer, which separates words and punctuation and cuts each greedily into the longest pieces.
///
/// Source: Wu et al. 2016; the `WordPiece` model and the `BertPreTokenizer` of the tokenizers library.
package struct WordPieceTokenizer: Tokenizer {
  package let vocabularySize: Int
  package let template: SpecialTokenTemplate
  package let special: SpecialTokens
  package let givesTypeIDs: Bool

  private let vocabulary: WordPieceVocabulary
  private let unknown: Int32
  /// The most characters that a word may have; a longer word is unknown.
  private let maximumWordLength: Int
  private let normalizer: BertNormalizer
  private let ascii: [UInt8]
  private let added: AddedTokenLayers

  init(
    vocabulary: WordPieceVocabulary, unknown: Int32, maximumWordLength: Int, normalizer: BertNormalizer,
    added: [AddedToken], special: SpecialTokens, template: SpecialTokenTemplate,
    givesTypeIDs: Bool
  ) {
    self.vocabulary = vocabulary
    self.unknown = unknown
    self.maximumWordLength = maximumWordLength
    self.normalizer = normalizer
    var special = special
    special.unk = unknown
    self.special = special
    self.template = template
    self.givesTypeIDs = givesTypeIDs
    ascii = normalizer.asciiTable()
    let table = ascii
    self.added = AddedTokenLayers(added) { content in
      content.bytes.withUnsafeBufferPointer {
        ByteString(normalizer.normalize($0, 0..<$0.count, asciiTable: table).bytes)
      }
    }
    vocabularySize = Int(max(vocabulary.largestID, self.added.largestID)) + 1
  }

  package func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token] {
    try added.tokens(
      of: text, normalize: { normalizer.normalize($0, $1, asciiTable: ascii) }, append: appendWords)
  }

  /// Cuts normalised text at white space, which is dropped, and around each punctuation character.
  private func appendWords(
    _ clean: NormalizedText, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ tokens: inout [Token]
  ) {
    let table = CharacterTable.shared
    var at = range.lowerBound
    var start = at
    var characters = 0
    while at < range.upperBound {
      let (scalar, length) = UTF8Text.scalar(bytes, at)
      let flags = table[scalar]
      if flags.isDisjoint(with: [.whitespace, .punctuation]) {
        characters += 1
      } else {
        appendPieces(clean, bytes, start..<at, characters, &tokens)
        if flags.contains(.punctuation) { appendPieces(clean, bytes, at..<at + length, 1, &tokens) }
        start = at + length
        characters = 0
      }
      at += length
    }
    appendPieces(clean, bytes, start..<at, characters, &tokens)
  }

  /// Cuts one word into pieces. A word that is too long, or has a part that no piece matches, is one unknown token.
  private func appendPieces(
    _ clean: NormalizedText, _ bytes: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ characters: Int,
    _ tokens: inout [Token]
  ) {
    guard !word.isEmpty else { return }
    let first = tokens.count
    var at = word.lowerBound
    while characters <= maximumWordLength {
      let trie = at == word.lowerBound ? vocabulary.initial : vocabulary.continuing
      guard let piece = trie.longest(bytes, at, word.upperBound) else { break }
      tokens.append(clean.token(piece.id, at, piece.end))
      at = piece.end
      if at == word.upperBound { return }
    }
    tokens.removeSubrange(first...)
    tokens.append(clean.token(unknown, word.lowerBound, word.upperBound))
  }

  package func decode(_ ids: [Int32]) -> [UInt8] {
    let pieces = ids.compactMap { id -> [UInt8]? in
      if let added = added.token(id: id) {
        return added.isSpecial ? nil : added.content.bytes
      }
      return vocabulary.piece(id)
    }
    return WordPieceDecoder.join(pieces, prefix: vocabulary.prefix)
  }
}
