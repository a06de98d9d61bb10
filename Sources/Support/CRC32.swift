/// The checksum of gzip and zip: CRC-32 with the reversed polynomial 0xEDB88320 (RFC 1952, section 8).
package enum CRC32 {
  /// Four tables, so that four bytes are taken at once; `tables[k * 256 + b]` is what byte `b` becomes after `k` more.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = []
    for byte: UInt32 in 0..<256 {
      var value = byte
      for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1 }
      tables.append(value)
    }
    for at in 256..<1024 { tables.append((tables[at - 256] >> 8) ^ tables[Int(tables[at - 256] & 0xFF)]) }
    return tables
  }()

  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      bytes.withUnsafeBytes { bytes in
        var value: UInt32 = .max
        var at = 0
        while at + 4 <= bytes.count {
          value ^= UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
          let low = tables[768 + Int(value & 0xFF)] ^ tables[512 + Int((value >> 8) & 0xFF)]
          value = low ^ tables[256 + Int((value >> 16) & 0xFF)] ^ tables[Int(value >> 24)]
          at += 4
        }
        while at < bytes.count {
          value = (value >> 8) ^ tables[Int((value ^ UInt32(bytes[at])) & 0xFF)]
          at += 1
        }
        return ~value
      }
    }
  }
}
