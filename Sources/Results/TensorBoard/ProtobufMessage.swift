/// A message in the wire format of protocol buffers, for the few messages that tensorboard reads.
///
/// Whoever adds a member decides whether a value of 0 is written: it means the same as none, except for one of several
/// alternatives (`oneof`).
///
///     var event = ProtobufMessage()
///     event.add(1, 1.7e9)          // Event.wall_time, a double
///     event.add(2, integer: 12)    // Event.step
package struct ProtobufMessage {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// How the bytes after a member's number are read.
  private enum WireType: UInt64 {
    case varint = 0
    case eightBytes = 1
    case length = 2
    case fourBytes = 5
  }

  package mutating func add(_ member: UInt64, integer value: Int) {
    begin(member, .varint)
    append(varint: UInt64(bitPattern: Int64(value)))
  }

  package mutating func add(_ member: UInt64, _ value: Bool) { add(member, integer: value ? 1 : 0) }

  package mutating func add(_ member: UInt64, _ value: Double) {
    begin(member, .eightBytes)
    append(littleEndian: value.bitPattern)
  }

  package mutating func add(_ member: UInt64, _ value: Float) {
    begin(member, .fourBytes)
    append(littleEndian: value.bitPattern)
  }

  package mutating func add(_ member: UInt64, _ text: String) { add(member, bytes: Array(text.utf8)) }

  package mutating func add(_ member: UInt64, _ message: ProtobufMessage) { add(member, bytes: message.bytes) }

  package mutating func add(_ member: UInt64, bytes value: [UInt8]) {
    begin(member, .length)
    append(varint: UInt64(value.count))
    bytes += value
  }

  private mutating func begin(_ member: UInt64, _ type: WireType) { append(varint: member << 3 | type.rawValue) }

  /// Seven bits in each byte, the lowest first; the eighth bit says that more follow.
  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func append(littleEndian value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }
}
