/// The checksum of TFRecord files: CRC-32 with the reversed polynomial 0x82F63B78 (Castagnoli).
package enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
  }

  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { value, byte in (value >> 8) ^ table[Int((value ^ UInt32(byte)) & 0xFF)] }
  }

  /// The checksum as TFRecord files hold it. A checksum of data that hold checksums would be weak, so it is rotated and
  /// a constant is added.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let value = checksum(bytes)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }
}
