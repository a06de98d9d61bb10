import Support

/// Writes a small zip archive, as GLUE's server takes submissions.
///
/// Members are stored uncompressed, and all have the oldest time that the format knows, so that equal contents give
/// equal archives. The layout is that of PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16.
package enum ZipWriter {
  /// Replaces `path` by an archive, atomically.
  ///
  /// - Precondition: names are distinct, and all bytes together are fewer than 4 GiB.
  /// - Throws: ``FileError`` where writing fails.
  package static func write(_ path: String, members: [(name: String, bytes: [UInt8])]) throws(FileError) {
    try Files.writeAtomically(path, archive(members))
  }

  /// The bytes of an archive.
  package static func archive(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    precondition(Set(members.map { ByteString($0.name) }).count == members.count && members.count < 1 << 16)
    precondition(members.reduce(0) { $0 + $1.bytes.count + 2 * $1.name.utf8.count + 128 } < 1 << 32)
    var (archive, list): ([UInt8], [UInt8]) = ([], [])
    for (name, bytes) in members {
      let offset = archive.count
      var fields: [UInt8] = []
      // Version 2.0; flag 11: the name is UTF-8; stored; 1980-01-01 00:00.
      for word: UInt16 in [20, 1 << 11, 0, 0, 1 << 5 | 1] { append(word, to: &fields) }
      for word in [CRC32.checksum(bytes), UInt32(bytes.count), UInt32(bytes.count)] { append(word, to: &fields) }
      append(UInt16(name.utf8.count), to: &fields)
      append(UInt16(0), to: &fields)
      append(0x0403_4B50 as UInt32, to: &archive)
      archive += fields
      archive += name.utf8
      archive += bytes
      append(0x0201_4B50 as UInt32, to: &list)
      // Made on Unix, whose permissions 0644 of a regular file stand in the high half of the attributes.
      append(3 << 8 | 20 as UInt16, to: &list)
      list += fields
      for word: UInt16 in [0, 0, 0] { append(word, to: &list) }
      append(0o100644 << 16 as UInt32, to: &list)
      append(UInt32(offset), to: &list)
      list += name.utf8
    }
    let start = archive.count
    archive += list
    append(0x0605_4B50 as UInt32, to: &archive)
    for word: UInt16 in [0, 0, UInt16(members.count), UInt16(members.count)] { append(word, to: &archive) }
    for word in [UInt32(list.count), UInt32(start)] { append(word, to: &archive) }
    append(UInt16(0), to: &archive)
    return archive
  }

  private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }
}
