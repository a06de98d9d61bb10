/// What a model reads: token ids with special tokens around them, truncated to a maximum length.
package struct Encoding: Sendable, Equatable {
  package var ids: [Int32]
  /// Token type ids as the model reads them: of the template, or all 0.
  package var typeIDs: [Int32]
  /// Bytes of the original text that each token covers; empty (`0..<0`) for special tokens.
  package var spans: [Range<Int>]
  /// Which text each token came from, 0 or 1; -1 for special tokens.
  package var sequences: [Int8]
  /// Tokens cut off by truncation.
  package var removed: Int

  package init() {
    ids = []
    typeIDs = []
    spans = []
    sequences = []
    removed = 0
  }
}

extension Tokenizer {
  /// One text or a pair as the model reads it: `tokenizer(first, second, truncation="longest_first", max_length=…)`.
  ///
  /// - Throws: ``TokenizerError`` when a text cannot be tokenized or `maximumLength` leaves no room for the special tokens.
  package func encode(_ first: [UInt8], _ second: [UInt8]? = nil, maximumLength: Int? = nil) throws(TokenizerError)
    -> Encoding
  {
    var texts = [try tokenize(first)]
    if let second { texts.append(try tokenize(second)) }
    return try assemble(texts, maximumLength: maximumLength)
  }

  /// Puts the template around tokens of one or two texts, truncated longest first.
  ///
  /// - Precondition: `texts` has one or two elements.
  package func assemble(_ texts: [[Token]], maximumLength: Int? = nil) throws(TokenizerError) -> Encoding {
    precondition(texts.count == 1 || texts.count == 2)
    let isPair = texts.count == 2
    let special = template.specialTokens(pair: isPair)
    var kept = texts.map(\.count)
    if let maximumLength {
      guard maximumLength >= special else {
        throw .maximumLengthTooShort(maximum: maximumLength, specialTokens: special)
      }
      kept = Truncation.longestFirst(kept, room: maximumLength - special)
    }
    var result = joined(texts.indices.map { texts[$0].prefix(kept[$0]) })
    result.removed = zip(texts, kept).reduce(0) { $0 + $1.0.count - $1.1 }
    return result
  }

  /// Puts the template around tokens of one or two texts, uncut.
  func joined(_ texts: [ArraySlice<Token>]) -> Encoding {
    var result = Encoding()
    let isPair = texts.count == 2
    let total = texts.reduce(template.specialTokens(pair: isPair)) { $0 + $1.count }
    result.ids.reserveCapacity(total)
    result.typeIDs.reserveCapacity(total)
    result.spans.reserveCapacity(total)
    result.sequences.reserveCapacity(total)
    for part in isPair ? template.pair : template.single {
      switch part {
      case .special(let id, let typeID):
        result.ids.append(id)
        result.typeIDs.append(givesTypeIDs ? typeID : 0)
        result.spans.append(0..<0)
        result.sequences.append(-1)
      case .sequence(let index, let typeID):
        for token in texts[index] {
          result.ids.append(token.id)
          result.typeIDs.append(givesTypeIDs ? typeID : 0)
          result.spans.append(token.start..<token.end)
          result.sequences.append(Int8(index))
        }
      }
    }
    return result
  }
}
