/// A UTF-8 string compared byte by byte.
///
/// `String` compares by canonical equivalence (`"é" == "e\u{301}"`), which would merge distinct vocabulary entries and
/// JSON keys.
package struct ByteString: Hashable, Comparable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  package let bytes: [UInt8]

  @inlinable
  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  @inlinable
  package init<Bytes: Sequence>(bytes: Bytes) where Bytes.Element == UInt8 {
    self.bytes = Array(bytes)
  }

  @inlinable
  package init(_ string: String) { bytes = Array(string.utf8) }

  @inlinable
  package init(stringLiteral value: String) { bytes = Array(value.utf8) }

  /// The text, with invalid UTF-8 replaced by U+FFFD.
  package var description: String { String(decoding: bytes, as: UTF8.self) }

  @inlinable
  package static func < (left: ByteString, right: ByteString) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}
