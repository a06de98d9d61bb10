import Support
import Testing

@Suite struct CRC32Tests {
  /// The check value of CRC-32 in the catalogue of parametrised CRC algorithms, and zlib's values.
  @Test func checksums() {
    #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(CRC32.checksum([]) == 0)
    #expect(CRC32.checksum([0]) == 0xD202_EF8D)
    #expect(CRC32.checksum([UInt8](repeating: 0xFF, count: 7)) == 0xFF41_D9ED)
  }
}
