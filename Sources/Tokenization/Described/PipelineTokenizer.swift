import Support

/// A tokenizer as tokenizer.json describes it: normalizers, pre-tokenizers and a model, one after the other.
///
/// Source: the tokenizers library, whose parts these are.
struct PipelineTokenizer: Tokenizer {
  let vocabularySize: Int
  let template: SpecialTokenTemplate
  let special: SpecialTokens
  let givesTypeIDs: Bool

  private let normalizers: [NormalizingStep]
  private let cuts: [CuttingStep]
  private let model: PieceModel
  private let trimsOffsets: OffsetTrimming?
  private let decoder: TokenDecoder

  init(
    normalizers: [NormalizingStep], cuts: [CuttingStep], model: PieceModel, trimsOffsets: OffsetTrimming?,
    decoder: TokenDecoder, special: SpecialTokens, template: SpecialTokenTemplate, givesTypeIDs: Bool
  ) {
    self.normalizers = normalizers
    self.cuts = cuts
    self.model = model
    self.trimsOffsets = trimsOffsets
    self.decoder = decoder
    self.special = special
    self.template = template
    self.givesTypeIDs = givesTypeIDs
    vocabularySize = Int(max(decoder.entries.largestID, decoder.added.largestID)) + 1
  }

  func tokenize(_ text: [UInt8]) throws(TokenizerError) -> [Token] {
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
    for piece in decoder.added.literal.split(text, 0..<text.count) {
      if let id = piece.id {
        let token = Token(id: id, start: piece.range.lowerBound, end: piece.range.upperBound)
        tokens.append(trimmed(token, text, isFirst: tokens.isEmpty, content: Array(text[piece.range])[...]))
        continue
      }
      let clean = try NormalizingStep.apply(normalizers, to: NormalizedText(text, piece.range))
      for part in decoder.added.normalized.split(clean) {
        if let id = part.id {
          let token = clean.token(id, part.range.lowerBound, part.range.upperBound)
          tokens.append(trimmed(token, text, isFirst: tokens.isEmpty, content: clean.bytes[part.range]))
        } else {
          try append(clean, part.range, text, &merger, &tokens)
        }
      }
    }
    return tokens
  }

  private func append(
    _ clean: NormalizedText, _ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>, _ merger: inout WordMerger,
    _ tokens: inout [Token]
  ) throws(TokenizerError) {
    var cut = CutText(clean, range)
    for step in cuts { try cut.apply(step) }
    let (written, pieces) = (cut.text, cut.pieces)
    written.bytes.withUnsafeBufferPointer { bytes in
      for piece in pieces {
        let base = piece.lowerBound
        model.segment(UnsafeBufferPointer(rebasing: bytes[piece]), &merger) { id, start, end in
          let token =
            start < end
            ? written.token(id, base + start, base + end)
            : Token(id: id, start: Int(written.starts[base]), end: Int(written.starts[base]))
          tokens.append(
            trimmed(token, text, isFirst: tokens.isEmpty, content: trimsOffsets == nil ? nil : decoder.entries[id]))
        }
      }
    }
  }

  private func trimmed(
    _ token: Token, _ text: UnsafeBufferPointer<UInt8>, isFirst: Bool, content: ArraySlice<UInt8>?
  ) -> Token {
    guard let trimsOffsets, let content else { return token }
    return trimsOffsets.trim(token, written: content, text: text, isFirst: isFirst)
  }

  func decode(_ ids: [Int32]) -> [UInt8] { decoder.decode(ids) }
}

extension NormalizingStep {
  static func apply(_ steps: [NormalizingStep], to text: NormalizedText) throws(TokenizerError) -> NormalizedText {
    var text = text
    for step in steps { text = try step.apply(text) }
    return text
  }
}

extension AddedTokens {
  func split(_ text: NormalizedText) -> [Piece] {
    isEmpty
      ? [Piece(range: 0..<text.bytes.count, id: nil)]
      : text.bytes.withUnsafeBufferPointer { split($0, 0..<$0.count) }
  }
}
