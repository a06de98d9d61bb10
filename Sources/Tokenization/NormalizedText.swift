/// Text after normalisation, with the range `[start, end)` of original bytes that each of its bytes came from.
struct NormalizedText {
  var bytes: [UInt8] = []
  var starts: [Int32] = []
  var ends: [Int32] = []

  init(capacity: Int) {
    bytes.reserveCapacity(capacity)
    starts.reserveCapacity(capacity)
    ends.reserveCapacity(capacity)
  }

  @inline(__always)
  mutating func append(_ byte: UInt8, _ start: Int, _ end: Int) {
    bytes.append(byte)
    starts.append(Int32(truncatingIfNeeded: start))
    ends.append(Int32(truncatingIfNeeded: end))
  }

  mutating func append(scalar: UInt32, _ start: Int, _ end: Int) {
    switch scalar {
    case 0..<0x80:
      append(UInt8(scalar), start, end)
    case 0x80..<0x800:
      append(UInt8(0xC0 | scalar >> 6), start, end)
      append(UInt8(0x80 | scalar & 0x3F), start, end)
    case 0x800..<0x10000:
      append(UInt8(0xE0 | scalar >> 12), start, end)
      append(UInt8(0x80 | scalar >> 6 & 0x3F), start, end)
      append(UInt8(0x80 | scalar & 0x3F), start, end)
    default:
      append(UInt8(0xF0 | scalar >> 18), start, end)
      append(UInt8(0x80 | scalar >> 12 & 0x3F), start, end)
      append(UInt8(0x80 | scalar >> 6 & 0x3F), start, end)
      append(UInt8(0x80 | scalar & 0x3F), start, end)
    }
  }

  /// The bytes of a text as they are, each with the range of its character.
  init(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    self.init(capacity: range.count)
    var at = range.lowerBound
    while at < range.upperBound {
      let length = UTF8Text.scalar(text, at).length
      for index in at..<at + length { append(text[index], at, at + length) }
      at += length
    }
  }

  /// The text after another normalisation, whose ranges are places in this text.
  func composed(_ next: NormalizedText) -> NormalizedText {
    var next = next
    for index in next.bytes.indices {
      let (start, end) = (Int(next.starts[index]), Int(next.ends[index]))
      next.starts[index] = starts[start]
      next.ends[index] = ends[end - 1]
    }
    return next
  }

  /// Appends the bytes of another text with their ranges.
  mutating func append(contentsOf other: NormalizedText, _ range: Range<Int>) {
    bytes += other.bytes[range]
    starts += other.starts[range]
    ends += other.ends[range]
  }

  /// Appends a character with the range that a byte of another text has.
  mutating func append(scalar: UInt32, like other: NormalizedText, at index: Int) {
    append(scalar: scalar, Int(other.starts[index]), Int(other.ends[index]))
  }

  /// A token over the non-empty range `from..<to` of normalised bytes, with offsets into the original text.
  @inline(__always)
  func token(_ id: Int32, _ from: Int, _ to: Int) -> Token {
    Token(id: id, start: Int(starts[from]), end: Int(ends[to - 1]))
  }
}
