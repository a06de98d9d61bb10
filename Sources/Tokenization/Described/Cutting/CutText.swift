/// A normalised text and the pieces that it is cut into so far.
struct CutText {
  private(set) var text: NormalizedText
  /// Non-empty ranges of the text's bytes, in order.
  private(set) var pieces: [Range<Int>]

  /// - Parameter range: the stretch that is cut; it may be empty.
  init(_ text: NormalizedText, _ range: Range<Int>) {
    self.text = text
    pieces = range.isEmpty ? [] : [range]
  }

  /// Cuts every piece by one more step.
  ///
  /// - Throws: ``TokenizerError/encodingFailed(reason:)`` when a regular expression takes too long.
  mutating func apply(_ step: CuttingStep) throws(TokenizerError) {
    switch step {
    case .metaspace(let replacement, let prefix, let splits): writeBlanks(replacement, prefix, splits)
    case .byteLevel(let addsPrefixSpace, let pattern):
      if addsPrefixSpace { addSpaces() }
      if let pattern { try cut(.words(pattern)) }
      rewrite { text, piece, out in out.append(contentsOf: NormalizingStep.inByteAlphabet(text, piece)) }
    default: try cut(step)
    }
  }

  private mutating func cut(_ step: CuttingStep) throws(TokenizerError) {
    let (old, bytes) = (pieces, text.bytes)
    let result = bytes.withUnsafeBufferPointer { bytes -> Result<[Range<Int>], TokenizerError> in
      Result { () throws(TokenizerError) in
        var new: [Range<Int>] = []
        new.reserveCapacity(old.count)
        for piece in old {
          for part in try step.pieces(UnsafeBufferPointer(rebasing: bytes[piece])) {
            new.append(part.lowerBound + piece.lowerBound..<part.upperBound + piece.lowerBound)
          }
        }
        return new
      }
    }
    pieces = try result.get()
  }

  /// Writes every piece anew; what lies between the pieces is dropped.
  private mutating func rewrite(_ write: (NormalizedText, Range<Int>, inout NormalizedText) -> Void) {
    var out = NormalizedText(capacity: text.bytes.count + text.bytes.count / 2)
    var new: [Range<Int>] = []
    new.reserveCapacity(pieces.count)
    for piece in pieces {
      let start = out.bytes.count
      write(text, piece, &out)
      new.append(start..<out.bytes.count)
    }
    (text, pieces) = (out, new)
  }

  /// Puts a space before every piece that does not begin with one, with the offsets of the first character.
  private mutating func addSpaces() {
    rewrite { text, piece, out in
      if text.bytes[piece.lowerBound] != UInt8(ascii: " ") {
        out.append(scalar: 0x20, like: text, at: piece.lowerBound)
      }
      out.append(contentsOf: text, piece)
    }
  }

  /// Writes a character for every space, puts it before a piece as the prefix says, and cuts before each of them.
  private mutating func writeBlanks(_ blank: UInt32, _ prefix: MetaspaceTokenizer.Prefix, _ splits: Bool) {
    let first = Array(String(Unicode.Scalar(blank) ?? " ").utf8)
    rewrite { text, piece, out in
      let start = text.bytes[piece.lowerBound]
      let begins = start == UInt8(ascii: " ") || text.bytes[piece].starts(with: first)
      if !begins, prefix == .always || prefix == .first && text.starts[piece.lowerBound] == 0 {
        out.append(scalar: blank, like: text, at: piece.lowerBound)
      }
      for index in piece {
        if text.bytes[index] == UInt8(ascii: " ") {
          out.append(scalar: blank, like: text, at: index)
        } else {
          out.append(text.bytes[index], Int(text.starts[index]), Int(text.ends[index]))
        }
      }
    }
    guard splits else { return }
    var new: [Range<Int>] = []
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in pieces {
        let parts = CharacterClass.one(blank).parts(of: UnsafeBufferPointer(rebasing: bytes[piece]))
        for part in SplitBehavior.mergedWithNext.pieces(parts) {
          new.append(part.lowerBound + piece.lowerBound..<part.upperBound + piece.lowerBound)
        }
      }
    }
    pieces = new
  }
}

extension NormalizedText {
  mutating func append(contentsOf other: NormalizedText) { append(contentsOf: other, 0..<other.bytes.count) }
}
