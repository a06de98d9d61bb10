import Support

/// Reads the bytes of a pickle from front to back.
struct PickleBytes {
  let bytes: UnsafeRawBufferPointer
  let path: String
  private(set) var at = 0

  init(_ bytes: UnsafeRawBufferPointer, path: String) { (self.bytes, self.path) = (bytes, path) }

  func malformed(_ reason: String) -> CheckpointError {
    .malformed(path: path, reason: "data.pkl, byte \(at): \(reason)")
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int) throws(CheckpointError) -> UnsafeRawBufferPointer {
    guard count <= bytes.count - at else { throw malformed("the pickle ends within a value") }
    defer { at += count }
    return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
  }

  mutating func byte() throws(CheckpointError) -> UInt8 { try take(1)[0] }

  /// A little-endian number without a sign, of at most four bytes.
  mutating func number(bytes count: Int) throws(CheckpointError) -> Int {
    try take(count).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// A little-endian number in two's complement.
  mutating func signed(bytes count: Int) throws(CheckpointError) -> Int {
    guard count <= 8 else { throw malformed("an integer of \(count) bytes, expected at most 8") }
    let source = try take(count)
    var value: UInt64 = source.last.map { $0 >= 0x80 } == true ? .max : 0
    for byte in source.reversed() { value = value << 8 | UInt64(byte) }
    return Int(truncatingIfNeeded: value)
  }

  /// The bytes up to a line feed, which is passed over.
  mutating func line() throws(CheckpointError) -> ByteString {
    let rest = bytes[at...].prefix(1_024)
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw malformed("a name without an end") }
    defer { at = end + 1 }
    return ByteString(bytes: bytes[at..<end])
  }
}
