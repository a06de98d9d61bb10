import Support

/// The tokenizer of XLM-RoBERTa and of any unigram model in tokenizer.json.
///
/// Words are written with `▁` before them, and each word is cut into its most probable pieces.
///
/// Source: the `Precompiled` normalizer, the `WhitespaceSplit` and `Metaspace` pre-tokenizers and the `Unigram` model
/// of the tokenizers library.
struct UnigramTokenizer: Tokenizer {
  /// How normalised text is cut before the model sees it.
  struct Cuts: Sendable, Equatable {
    /// Whether white space separates words and is dropped. If not, only spaces are replaced, each by a `▁`.
    var atWhiteSpace: Bool
    var prefix: MetaspaceTokenizer.Prefix
    /// Whether a `▁` begins a word of its own.
    var atBlanks: Bool
  }

  let special: SpecialTokens
  let template: SpecialTokenTemplate
  let givesTypeIDs: Bool
  let vocabularySize: Int

  private let vocabulary: UnigramVocabulary
  private let normalizer: PrecompiledNormalizer
  private let cuts: Cuts
  private let added: AddedTokenLayers

  init(
    vocabulary: UnigramVocabulary, normalizer: PrecompiledNormalizer, cuts: Cuts, added: [AddedToken],
    special: SpecialTokens, template: SpecialTokenTemplate, givesTypeIDs: Bool
  ) {
    self.vocabulary = vocabulary
    self.normalizer = normalizer
    self.cuts = cuts
    self.special = special
    self.template = template
    self.givesTypeIDs = givesTypeIDs
    self.added = AddedTokenLayers(added) { content in
      content.bytes.withUnsafeBufferPointer { ByteString(normalizer.normalize($0, 0..<$0.count).bytes) }
    }
    vocabularySize = Int(max(vocabulary.largestID, self.added.largestID)) + 1
  }

  func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token] {
    try added.tokens(of: text, normalize: normalizer.normalize) { clean, bytes, range, tokens in
      if cuts.atWhiteSpace {
        appendWords(clean, bytes, range, &tokens)
      } else {
        appendWord(clean, bytes, range, &tokens)
      }
    }
  }

  private func appendWords(
    _ clean: NormalizedText, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ tokens: inout [Token]
  ) {
    var at = range.lowerBound
    var start = at
    while at < range.upperBound {
      let (scalar, length) = UTF8Text.scalar(bytes, at)
      if CharacterTable.shared[scalar].contains(.whitespace) {
        appendWord(clean, bytes, start..<at, &tokens)
        start = at + length
      }
      at += length
    }
    appendWord(clean, bytes, start..<at, &tokens)
  }

  private static let blank: UInt32 = 0x2581

  /// Writes a word with `▁` for spaces, cuts the word as ``Cuts`` says, and appends the pieces of each part.
  private func appendWord(
    _ clean: NormalizedText, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ tokens: inout [Token]
  ) {
    guard !range.isEmpty else { return }
    var word = NormalizedText(capacity: range.count + 3)
    var parts: [Int] = []
    var at = range.lowerBound
    while at < range.upperBound {
      var (scalar, length) = UTF8Text.scalar(bytes, at)
      let (start, end) = (Int(clean.starts[at]), Int(clean.ends[at]))
      if scalar == 0x20 { scalar = UnigramTokenizer.blank }
      let isFirst = at == range.lowerBound
      if isFirst, scalar != UnigramTokenizer.blank, cuts.prefix == .always || cuts.prefix == .first && start == 0 {
        word.append(scalar: UnigramTokenizer.blank, start, end)
      } else if !isFirst, scalar == UnigramTokenizer.blank, cuts.atBlanks {
        parts.append(word.bytes.count)
      }
      word.append(scalar: scalar, start, end)
      at += length
    }
    parts.append(word.bytes.count)
    word.bytes.withUnsafeBufferPointer { bytes in
      var from = 0
      for end in parts {
        appendPieces(word, UnsafeBufferPointer(rebasing: bytes[from..<end]), from, &tokens)
        from = end
      }
    }
  }

  /// Appends the pieces of one part, which begins at byte `base` of the word. A run of unknown characters is one token.
  private func appendPieces(
    _ word: NormalizedText, _ part: UnsafeBufferPointer<UInt8>, _ base: Int, _ tokens: inout [Token]
  ) {
    var from = base
    var afterUnknown = false
    for piece in vocabulary.segmenter.segment(part) {
      let token = word.token(piece.id, from, base + piece.end)
      let isUnknown = piece.id == vocabulary.unknown
      if isUnknown, afterUnknown {
        tokens[tokens.count - 1].end = token.end
      } else {
        tokens.append(token)
      }
      afterUnknown = isUnknown
      from = base + piece.end
    }
  }

  func decode(_ ids: [Int32]) -> [UInt8] {
    var out: [UInt8] = []
    for id in ids { out += added.decoded(id) ?? vocabulary.text(id) ?? [] }
    return cuts.prefix != .never && out.first == UInt8(ascii: " ") ? Array(out.dropFirst()) : out
  }
}
