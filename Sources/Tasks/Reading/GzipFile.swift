import Support

/// Reads a file that gzip has compressed.
enum GzipFile {
  /// - Throws: ``TaskError`` where it is cut off, damaged or has more than `limit` bytes.
  static func read(_ path: String, limit: Int) throws(TaskError) -> [UInt8] {
    let trailer = try trailer(path)
    let decompressor = try Decompressor(path, .gzip)
    guard try decompressor.next() != nil else {
      throw .badArchive(path: path, reason: "is a gzip file without content; fetch the file again")
    }
    let bytes = try decompressor.content(limit: limit)
    // libarchive does not compare the checksum and the length at the end. It also reads several files one after
    // another as one, whose checksums it does not give; those are refused.
    guard CRC32.checksum(bytes) == trailer.checksum, UInt32(truncatingIfNeeded: bytes.count) == trailer.length else {
      throw .badArchive(
        path: path,
        reason:
          "the checksum or length at the end of the gzip file is not that of its content: it is damaged, or made of "
          + "several files; fetch the file again, or decompress it with gunzip")
    }
    return bytes
  }

  /// The checksum and length in the last eight bytes (RFC 1952, section 2.3).
  private static func trailer(_ path: String) throws(TaskError) -> (checksum: UInt32, length: UInt32) {
    let (start, end): ([UInt8], [UInt8])
    do throws(FileError) {
      let file = try OpenFile(path)
      start = try file.read(3)
      end = try file.read(8, at: max(0, file.size - 8))
    } catch {
      throw .unreadable(error)
    }
    guard start == [0x1F, 0x8B, 8], end.count == 8 else {
      throw .badArchive(
        path: path, reason: "is no gzip file, or one that is cut off; where it is plain text, remove .gz from its name")
    }
    func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(end[at + $1]) << UInt32(8 * $1) } }
    return (word(0), word(4))
  }
}
