/// Reads the fields of one protocol buffer message.
struct ProtobufReader {
  struct Fault: Error {
    var reason: String
  }

  enum Value {
    case varint(UInt64)
    case fixed64
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)
  }

  private var rest: ArraySlice<UInt8>

  init(_ message: ArraySlice<UInt8>) { rest = message }

  /// The next field; `nil` at the end of the message.
  mutating func next() throws(Fault) -> (number: UInt64, value: Value)? {
    guard !rest.isEmpty else { return nil }
    let key = try varint()
    guard key >> 3 != 0 else { throw Fault(reason: "field number 0") }
    switch key & 7 {
    case 0: return (key >> 3, .varint(try varint()))
    case 1:
      _ = try take(8)
      return (key >> 3, .fixed64)
    case 2:
      let length = try varint()
      guard length <= rest.count else { throw Fault(reason: "the file ends inside a field; it is cut off") }
      return (key >> 3, .bytes(try take(Int(length))))
    case 5:
      let bytes = try take(4)
      return (key >> 3, .fixed32(bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }))
    default: throw Fault(reason: "it is not a protocol buffer message")
    }
  }

  private mutating func take(_ count: Int) throws(Fault) -> ArraySlice<UInt8> {
    guard count <= rest.count else { throw Fault(reason: "the file ends inside a field; it is cut off") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func varint() throws(Fault) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw Fault(reason: "the file ends inside a number; it is cut off") }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw Fault(reason: "a number of more than 64 bits")
  }
}
