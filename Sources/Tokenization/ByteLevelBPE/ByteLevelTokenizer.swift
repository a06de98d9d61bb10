import Support

/// The tokenizer of GPT-2, RoBERTa and LLaMA 3, which cuts text into words and merges the bytes of each pair by pair.
///
/// Source: Radford et al. 2019; the `ByteLevel` pre-tokenizer and the `BPE` model of the tokenizers library.
package struct ByteLevelTokenizer: Tokenizer {
  package let vocabularySize: Int
  package let template: SpecialTokenTemplate
  package let special: SpecialTokens
  package let givesTypeIDs: Bool

  private let vocabulary: ByteLevelVocabulary
  private let cuts: WordCuts
  private let normalizers: [NormalizingStep]
  private let trimsOffsets: OffsetTrimming?
  private let added: AddedTokenLayers

  /// - Parameter normalizers: applied between added tokens; they must not fail on the contents of those.
  init(
    vocabulary: ByteLevelVocabulary, cuts: WordCuts, normalizers: [NormalizingStep] = [],
    trimsOffsets: OffsetTrimming?, added: [AddedToken], special: SpecialTokens, template: SpecialTokenTemplate,
    givesTypeIDs: Bool
  ) {
    self.vocabulary = vocabulary
    self.cuts = cuts
    self.normalizers = normalizers
    self.trimsOffsets = trimsOffsets
    self.special = special
    self.template = template
    self.givesTypeIDs = givesTypeIDs
    self.added = AddedTokenLayers(added) { content in
      let text = content.bytes.withUnsafeBufferPointer { NormalizedText($0, 0..<$0.count) }
      do throws(TokenizerError) { return ByteString(try NormalizingStep.apply(normalizers, to: text).bytes) } catch {
        return content
      }
    }
    vocabularySize = Int(max(vocabulary.largestID, self.added.largestID)) + 1
  }

  package func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token] {
    try UTF8Text.check(text)
    let result = text.withUnsafeBufferPointer { text -> Result<[Token], TokenizerError> in
      Result { () throws(TokenizerError) in try tokens(of: text) }
    }
    return try result.get()
  }

  private func tokens(of text: UnsafeBufferPointer<UInt8>) throws(TokenizerError) -> [Token] {
    var tokens: [Token] = []
    tokens.reserveCapacity(text.count / 3 + 4)
    var merger = WordMerger()
    for piece in added.literal.split(text, 0..<text.count) {
      let first = tokens.count
      if let id = piece.id {
        tokens.append(Token(id: id, start: piece.range.lowerBound, end: piece.range.upperBound))
        trim(&tokens, from: first, text, isAdded: true)
      } else if normalizers.allSatisfy({ $0.keeps(UnsafeBufferPointer(rebasing: text[piece.range])) }) {
        try append(text, piece.range, &merger, &tokens) { tokens, first, isAdded in
          trim(&tokens, from: first, text, isAdded: isAdded)
        }
      } else {
        let clean = try NormalizingStep.apply(normalizers, to: NormalizedText(text, piece.range))
        let result = clean.bytes.withUnsafeBufferPointer { bytes -> Result<Void, TokenizerError> in
          Result { () throws(TokenizerError) in
            try append(bytes, 0..<bytes.count, &merger, &tokens) { tokens, first, isAdded in
              for index in first..<tokens.count {
                tokens[index] = clean.token(tokens[index].id, tokens[index].start, tokens[index].end)
              }
              trim(&tokens, from: first, text, isAdded: isAdded)
            }
          }
        }
        try result.get()
      }
    }
    return tokens
  }

  /// Appends the tokens of a normalised stretch, and calls `finish` for each part of it with the place of its first
  /// token, and whether that is an added one.
  private func append(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ merger: inout WordMerger, _ tokens: inout [Token],
    finish: (inout [Token], Int, Bool) -> Void
  ) throws(TokenizerError) {
    for part in added.normalized.split(text, range) {
      let first = tokens.count
      if let id = part.id {
        tokens.append(Token(id: id, start: part.range.lowerBound, end: part.range.upperBound))
      } else {
        try appendPieces(text, part.range, stage: 0, &merger, &tokens)
      }
      finish(&tokens, first, part.id != nil)
    }
  }

  /// Cuts a stretch by the stages from `stage` on, and the resulting pieces into words.
  private func appendPieces(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, stage: Int, _ merger: inout WordMerger,
    _ tokens: inout [Token]
  ) throws(TokenizerError) {
    guard stage < cuts.stages.count else { return appendWords(text, range, &merger, &tokens) }
    if case .cut(let step) = cuts.stages[stage] {
      guard !range.isEmpty else { return }
      for part in try step.pieces(UnsafeBufferPointer(rebasing: text[range])) {
        let own = part.lowerBound + range.lowerBound..<part.upperBound + range.lowerBound
        try appendPieces(text, own, stage: stage + 1, &merger, &tokens)
      }
      return
    }
    let table = CharacterTable.shared
    var at = range.lowerBound
    while at < range.upperBound {
      let end = cuts.end(stage, text, at, range.upperBound, table)
      try appendPieces(text, at..<end, stage: stage + 1, &merger, &tokens)
      at = end
    }
  }

  private func appendWords(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ merger: inout WordMerger, _ tokens: inout [Token]
  ) {
    guard !range.isEmpty else { return }
    let table = CharacterTable.shared
    var at = range.lowerBound
    if cuts.addsPrefixSpace, text[at] != UInt8(ascii: " ") { at = appendPrefixed(text, range, &merger, &tokens) }
    while at < range.upperBound {
      let end = cuts.pattern?.end(text, at, range.upperBound, table) ?? range.upperBound
      appendWord(text, at..<end, shift: at, &merger, UnsafeBufferPointer(rebasing: text[at..<end]), &tokens)
      at = end
    }
  }

  /// Appends the first word with a space in front that is not in the text, and returns where the word ends.
  ///
  /// A token of that space alone has the offsets of the text's first character.
  private func appendPrefixed(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ merger: inout WordMerger, _ tokens: inout [Token]
  ) -> Int {
    let table = CharacterTable.shared
    // Places in the copy are one byte later than in the text.
    var copy: [UInt8] = [UInt8(ascii: " ")]
    copy.append(contentsOf: text[range])
    return copy.withUnsafeBufferPointer { copy in
      let end = cuts.pattern?.end(copy, 0, copy.count, table) ?? copy.count
      appendWord(
        text, range.lowerBound..<max(range.lowerBound, range.lowerBound + end - 1), shift: range.lowerBound - 1,
        &merger,
        UnsafeBufferPointer(rebasing: copy[0..<end]), &tokens)
      return range.lowerBound + end - 1
    }
  }

  /// Merges one word. A token that begins or ends inside a character covers that whole character.
  private func appendWord(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, shift: Int, _ merger: inout WordMerger,
    _ word: UnsafeBufferPointer<UInt8>, _ tokens: inout [Token]
  ) {
    vocabulary.merge(word, &merger) { id, from, to in
      var start = max(shift + from, range.lowerBound)
      var end = max(shift + to, min(range.lowerBound + 1, text.count))
      while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
      while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
      tokens.append(Token(id: id, start: start, end: end))
    }
  }

  private func trim(
    _ tokens: inout [Token], from first: Int, _ text: UnsafeBufferPointer<UInt8>, isAdded: Bool
  ) {
    guard let trimsOffsets else { return }
    for index in first..<tokens.count {
      tokens[index] = trimsOffsets.trim(
        tokens[index], content: isAdded ? nil : vocabulary.piece(tokens[index].id) ?? [], text: text,
        isFirst: index == 0)
    }
  }

  package func decode(_ ids: [Int32]) -> [UInt8] {
    ids.flatMap { added.decoded($0) ?? vocabulary.piece($0) ?? [] }
  }
}
