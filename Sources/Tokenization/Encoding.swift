/// The input of a model: token ids with special tokens around them, truncated to a maximum length.
package struct Encoding: Sendable, Equatable {
  package var ids: [Int32]
  /// Token type ids as the model reads them. They come from the template, or are all 0.
  package var typeIDs: [Int32]
  /// Bytes of the original text that each token covers; empty (`0..<0`) for special tokens.
  package var spans: [Range<Int>]
  /// The index of the text that each token came from, 0 or 1; -1 for special tokens.
  package var sequences: [Int8]
  /// The number of tokens that truncation cut off.
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
  /// Encodes one text or a pair, as transformers does with
  /// `tokenizer(first, second, truncation="longest_first", max_length=…)`.
  ///
  /// - Throws: ``TokenizerError`` when a text cannot be tokenized, or when `maximumLength` leaves no room for the
  ///   special tokens.
  package func encode(_ first: [UInt8], _ second: [UInt8]? = nil, maximumLength: Int? = nil) throws(TokenizerError)
    -> Encoding
  {
    var texts = [try tokenize(first)]
    if let second { texts.append(try tokenize(second)) }
    return try assemble(texts, maximumLength: maximumLength)
  }

  /// Truncates the tokens of one or two texts, longest first, and puts the template around them.
  ///
  /// - Precondition: `texts` has one or two elements.
  /// - Throws: ``TokenizerError`` when `maximumLength` leaves no room for the special tokens.
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

  /// Puts the template around the tokens of one or two texts, without truncation.
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
