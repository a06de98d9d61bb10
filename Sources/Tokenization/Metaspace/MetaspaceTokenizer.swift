import Support

/// LLaMA's tokenizer for a folder that has tokenizer.json alone.
///
/// It writes `▁` for a space and merges characters; characters that are in no piece become byte tokens. A special token
/// written in the text is recognised as that token, as in the reference.
///
/// Source: the `Metaspace` pre-tokenizer and the `BPE` model of the tokenizers library.
package struct MetaspaceTokenizer: Tokenizer {
  /// Where a `▁` is put in front: nowhere, only at the start of the text, or also after every added token.
  enum Prefix: String, Sendable { case never, first, always }

  package let vocabularySize: Int
  package let template: SpecialTokenTemplate
  package let special: SpecialTokens
  package let givesTypeIDs: Bool

  private let segmenter: MergeSegmenter
  private let vocabulary: MetaspaceVocabulary
  private let prefix: Prefix
  private let added: AddedTokenLayers

  init(
    segmenter: MergeSegmenter, vocabulary: MetaspaceVocabulary, prefix: Prefix, added: [AddedToken],
    special: SpecialTokens, template: SpecialTokenTemplate, givesTypeIDs: Bool
  ) {
    self.segmenter = segmenter
    self.vocabulary = vocabulary
    self.prefix = prefix
    self.special = special
    self.template = template
    self.givesTypeIDs = givesTypeIDs
    self.added = AddedTokenLayers(added)
    vocabularySize = Int(max(vocabulary.largestID, self.added.largestID)) + 1
  }

  package func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token] {
    try UTF8Text.check(text)
    return text.withUnsafeBufferPointer { text in
      var tokens: [Token] = []
      tokens.reserveCapacity(text.count / 3 + 4)
      for piece in added.split(text) {
        if let id = piece.id {
          tokens.append(Token(id: id, start: piece.range.lowerBound, end: piece.range.upperBound))
        } else {
          append(text, piece.range, &tokens)
        }
      }
      return tokens
    }
  }

  private func append(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ tokens: inout [Token]) {
    let clean = written(text, range)
    clean.bytes.withUnsafeBufferPointer { bytes in
      var from = 0
      for piece in segmenter.segment(bytes) {
        if piece.id >= 0 {
          tokens.append(clean.token(piece.id, from, piece.end))
        } else {
          for index in from..<piece.end {
            tokens.append(clean.token(vocabulary.bytes[Int(bytes[index])], index, index + 1))
          }
        }
        from = piece.end
      }
    }
  }

  /// The stretch with `▁` for every space. A `▁` put in front has the offsets of the first character.
  private func written(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> NormalizedText {
    var out = NormalizedText(capacity: range.count + range.count / 2 + 3)
    let blank: UInt32 = 0x2581
    var at = range.lowerBound
    while at < range.upperBound {
      var (scalar, length) = UTF8Text.scalar(text, at)
      if scalar == 0x20 { scalar = blank }
      if at == range.lowerBound, scalar != blank, prefix == .always || prefix == .first && at == 0 {
        out.append(scalar: blank, at, at + length)
      }
      out.append(scalar: scalar, at, at + length)
      at += length
    }
    return out
  }

  package func decode(_ ids: [Int32]) -> [UInt8] {
    var out: [UInt8] = []
    for id in ids { out += added.decoded(id) ?? vocabulary.piece(id) ?? [] }
    return prefix != .never && out.first == UInt8(ascii: " ") ? Array(out.dropFirst()) : out
  }
}
