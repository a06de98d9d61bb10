/// The lines of a text file, split alike for every reader. A byte order mark at the start is skipped, and a line ends
/// with LF or CR LF.
package struct TextLines: Sequence {
  package struct Line {
    /// Line number, from 1.
    package let number: Int
    /// The line's bytes without its line end.
    package let bytes: ArraySlice<UInt8>

    /// Whether the line is valid UTF-8.
    package var isText: Bool {
      bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }
  }

  /// The bytes of the lines, without the byte order mark and the final line end.
  private let body: ArraySlice<UInt8>

  /// - Parameter dropsBlankEnd: whether to drop all empty lines at the end, e.g. two for `a\n\n\n`. Otherwise only the
  ///   final line end is dropped.
  package init(_ bytes: [UInt8], dropsBlankEnd: Bool = false) {
    var body = bytes[...]
    if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3) }
    if dropsBlankEnd {
      while body.last == UInt8(ascii: "\n") || body.last == UInt8(ascii: "\r") { body = body.dropLast() }
    } else if body.last == UInt8(ascii: "\n") {
      body = body.dropLast()
      if body.last == UInt8(ascii: "\r") { body = body.dropLast() }
      // A file of one line end holds one empty line, which an empty body would lose.
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
