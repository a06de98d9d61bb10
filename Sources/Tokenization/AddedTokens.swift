import Support

/// A token that is recognised as a whole in the text, before the tokenizer's model sees the text.
struct AddedToken: Sendable, Equatable {
  var content: ByteString
  var id: Int32
  /// Whether decoding leaves the token out.
  var isSpecial: Bool
  /// Whether the token is matched in the normalised text instead of the original.
  var isNormalized: Bool
  /// Whether the token is matched only where no word character stands next to it.
  var isSingleWord: Bool
  /// Whether a match also covers the white space on its left, or on its right.
  var stripsLeft: Bool
  var stripsRight: Bool
}

/// Finds added tokens from left to right; where several start at the same place, the longest one is taken.
///
/// Source: `AddedVocabulary` of the tokenizers library.
struct AddedTokens: Sendable {
  /// A stretch of text, with the id of the added token that it matches; `nil` for plain text.
  struct Piece: Equatable {
    var range: Range<Int>
    var id: Int32?
  }

  let tokens: [AddedToken]
  private let trie: ByteTrie
  private var starts = [Bool](repeating: false, count: 256)
  private var byID: [Int32: Int] = [:]

  /// - Precondition: the contents have at most ``LoadingLimits/addedTokenBytes`` bytes in total.
  init(_ tokens: [AddedToken]) {
    self.tokens = tokens.filter { !$0.content.bytes.isEmpty }
    guard let trie = ByteTrie(self.tokens.enumerated().map { ($1.content.bytes[...], Int32($0)) }) else {
      preconditionFailure("added tokens were not bounded")
    }
    self.trie = trie
    for (index, token) in self.tokens.enumerated() {
      starts[Int(token.content.bytes[0])] = true
      byID[token.id] = index
    }
  }

  var isEmpty: Bool { tokens.isEmpty }

  func token(id: Int32) -> AddedToken? { byID[id].map { tokens[$0] } }

  /// Cuts `range` into pieces that cover it.
  func split(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [Piece] {
    guard !tokens.isEmpty else { return [Piece(range: range, id: nil)] }
    var pieces: [Piece] = []
    var done = range.lowerBound
    var at = range.lowerBound
    while at < range.upperBound {
      guard starts[Int(text[at])], let match = trie.longest(text, at, range.upperBound) else {
        at += 1
        continue
      }
      let token = tokens[Int(match.id)]
      var (from, to) = (at, match.end)
      at = match.end
      if token.isSingleWord,
        wordEnds(text, range.lowerBound, from) || wordStarts(text, to, range.upperBound)
      {
        continue
      }
      if token.stripsLeft { from = max(done, blanks(before: from, text, range.lowerBound)) }
      if token.stripsRight { to = blanks(after: to, text, range.upperBound) }
      if done < from { pieces.append(Piece(range: done..<from, id: nil)) }
      pieces.append(Piece(range: from..<to, id: token.id))
      done = to
      at = max(at, to)
    }
    if done < range.upperBound { pieces.append(Piece(range: done..<range.upperBound, id: nil)) }
    return pieces
  }

  private func before(_ text: UnsafeBufferPointer<UInt8>, _ lower: Int, _ at: Int) -> Int? {
    guard at > lower else { return nil }
    var start = at - 1
    while start > lower, text[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  private func blanks(before at: Int, _ text: UnsafeBufferPointer<UInt8>, _ lower: Int) -> Int {
    var at = at
    while let start = before(text, lower, at),
      CharacterTable.shared[UTF8Text.scalar(text, start).value].contains(.whitespace)
    {
      at = start
    }
    return at
  }

  private func blanks(after at: Int, _ text: UnsafeBufferPointer<UInt8>, _ upper: Int) -> Int {
    var at = at
    while at < upper {
      let (scalar, length) = UTF8Text.scalar(text, at)
      guard CharacterTable.shared[scalar].contains(.whitespace) else { break }
      at += length
    }
    return at
  }

  private func wordEnds(_ text: UnsafeBufferPointer<UInt8>, _ lower: Int, _ at: Int) -> Bool {
    before(text, lower, at).map { isWord(UTF8Text.scalar(text, $0).value) } ?? false
  }

  private func wordStarts(_ text: UnsafeBufferPointer<UInt8>, _ at: Int, _ upper: Int) -> Bool {
    at < upper && isWord(UTF8Text.scalar(text, at).value)
  }

  private func isWord(_ scalar: UInt32) -> Bool { CharacterTable.shared[scalar].contains(.word) }
}
