/// The lines of a text file, as every reader of one takes them: a byte order mark at the start is no text, a line ends with a
/// line feed, before which a carriage return is part of the end.
package struct TextLines: Sequence {
  package struct Line {
    /// From 1.
    package let number: Int
    /// Without its end.
    package let bytes: ArraySlice<UInt8>

    /// Whether it is valid UTF-8.
    package var isText: Bool {
      bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }
  }

  /// All bytes but the byte order mark.
  private let body: ArraySlice<UInt8>

  /// - Parameter dropsBlankEnd: whether empty lines at the end are left out; else only the one that the last line's end opens.
  package init(_ bytes: [UInt8], dropsBlankEnd: Bool = false) {
    var body = bytes[...]
    if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3) }
    if dropsBlankEnd {
      while body.last == UInt8(ascii: "\n") || body.last == UInt8(ascii: "\r") { body = body.dropLast() }
    } else if body.last == UInt8(ascii: "\n") {
      body = body.dropLast()
      if body.last == UInt8(ascii: "\r") { body = body.dropLast() }
      // What is left may be nothing, and yet there was a line.
      if body.isEmpty { body = [UInt8(ascii: "\r")] }
    }
    self.body = body
  }

  package struct Iterator: IteratorProtocol {
    fileprivate var rest: ArraySlice<UInt8>?
    fileprivate var number = 0

    package mutating func next() -> Line? {
      guard let rest else { return nil }
      number += 1
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      var line = rest[..<(end ?? rest.endIndex)]
      self.rest = end.map { rest[($0 + 1)...] }
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      return Line(number: number, bytes: line)
    }
  }

  package func makeIterator() -> Iterator { Iterator(rest: body.isEmpty ? nil : body) }
}
