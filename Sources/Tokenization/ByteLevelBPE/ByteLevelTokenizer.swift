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
  private let trimsOffsets: OffsetTrimming?
  private let added: AddedTokenLayers

  init(
    vocabulary: ByteLevelVocabulary, cuts: WordCuts, trimsOffsets: OffsetTrimming?, added: [AddedToken],
    special: SpecialTokens, template: SpecialTokenTemplate, givesTypeIDs: Bool
  ) {
    self.vocabulary = vocabulary
    self.cuts = cuts
    self.trimsOffsets = trimsOffsets
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
      var merger = WordMerger()
      for piece in added.split(text) {
        if let id = piece.id {
          let token = Token(id: id, start: piece.range.lowerBound, end: piece.range.upperBound)
          tokens.append(trimmed(token, text, tokens.isEmpty, isAdded: true))
        } else {
          appendPieces(text, piece.range, stage: 0, &merger, &tokens)
        }
      }
      return tokens
    }
  }

  /// Cuts a stretch by the stages from `stage` on, and the resulting pieces into words.
  private func appendPieces(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, stage: Int, _ merger: inout WordMerger,
    _ tokens: inout [Token]
  ) {
    guard stage < cuts.stages.count else { return appendWords(text, range, &merger, &tokens) }
    let table = CharacterTable.shared
    var at = range.lowerBound
    while at < range.upperBound {
      let end = cuts.end(stage, text, at, range.upperBound, table)
      appendPieces(text, at..<end, stage: stage + 1, &merger, &tokens)
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
      tokens.append(trimmed(Token(id: id, start: start, end: end), text, tokens.isEmpty, isAdded: false))
    }
  }

  private func trimmed(_ token: Token, _ text: UnsafeBufferPointer<UInt8>, _ isFirst: Bool, isAdded: Bool) -> Token {
    guard let trimsOffsets else { return token }
    return trimsOffsets.trim(
      token, content: isAdded ? nil : vocabulary.piece(token.id) ?? [], text: text, isFirst: isFirst)
  }

  package func decode(_ ids: [Int32]) -> [UInt8] {
    ids.flatMap { added.decoded($0) ?? vocabulary.piece($0) ?? [] }
  }
}
