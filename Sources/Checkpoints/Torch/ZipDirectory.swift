import Support

/// The members of a zip archive that is mapped into memory, read from the directory at its end.
///
/// Every member that is given lies in the file, before the directory, and overlaps no other. Source: PKWARE's
/// APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
struct ZipDirectory {
  struct Member {
    /// 0 for a member whose bytes are stored as they are.
    let method: Int
    let isEncrypted: Bool
    let checksum: UInt32
    /// Where its bytes lie in the file.
    let range: Range<Int>
  }

  private(set) var members: [ByteString: Member] = [:]

  /// - Throws: ``CheckpointError/malformed(path:reason:)``.
  init(_ file: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    let archive = Bytes(file: file, path: path)
    let directory = try archive.directory()
    var at = directory.lowerBound
    var ranges: [Range<Int>] = []
    while at < directory.upperBound {
      let (name, member, next) = try archive.member(at, directory)
      guard members.updateValue(member, forKey: name) == nil else {
        throw archive.malformed("two members named \(name)")
      }
      ranges.append(member.range)
      at = next
    }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    for (left, right) in zip(ranges, ranges.dropFirst()) where left.upperBound > right.lowerBound {
      throw archive.malformed("two members overlap at byte \(right.lowerBound)")
    }
  }

  /// Fields of an archive; each is checked to lie in the file.
  private struct Bytes {
    let file: UnsafeRawBufferPointer
    let path: String

    func malformed(_ reason: String) -> CheckpointError { .malformed(path: path, reason: "zip archive: \(reason)") }

    /// A little-endian number without a sign; one that exceeds `Int` lies in no file.
    func number(_ at: Int, _ count: Int) throws(CheckpointError) -> Int {
      guard at >= 0, count <= file.count, at <= file.count - count else { throw malformed("it ends within a header") }
      let value = (0..<count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(file[at + $1]) }
      guard let number = Int(exactly: value) else { throw malformed("the number \(value) at byte \(at)") }
      return number
    }

    /// Where the directory lies. It is named by the record at the end of the file, or by that of an archive of more than
    /// 4 GiB, which torch always writes too.
    func directory() throws(CheckpointError) -> Range<Int> {
      // A comment of up to 65,535 bytes may follow the record.
      let first = max(0, file.count - 22 - 65_535)
      var end = file.count - 22
      while end >= first {
        if try number(end, 4) == 0x0605_4B50 {
          let comment = try number(end + 20, 2)
          if comment == file.count - end - 22 { break }
        }
        end -= 1
      }
      guard end >= first else { throw malformed("its end is missing, as of a file that was not fetched whole") }
      var (count, size, start, limit) = (
        try number(end + 10, 2), try number(end + 12, 4), try number(end + 16, 4), end
      )
      if end >= 20, try number(end - 20, 4) == 0x0706_4B50 {
        let record = try number(end - 12, 8)
        guard try number(record, 4) == 0x0606_4B50 else { throw malformed("its end names no record at byte \(record)") }
        (count, size) = (try number(record + 32, 8), try number(record + 40, 8))
        (start, limit) = (try number(record + 48, 8), record)
      }
      guard start <= limit, size <= limit - start, count <= size / 46 else {
        throw malformed("a directory of \(count) members in \(size) bytes from \(start) on")
      }
      return start..<start + size
    }

    /// The member whose entry of the directory begins at `at`, and where the next one begins.
    func member(_ at: Int, _ directory: Range<Int>) throws(CheckpointError) -> (ByteString, Member, next: Int) {
      guard directory.upperBound - at >= 46, try number(at, 4) == 0x0201_4B50 else {
        throw malformed("no entry of the directory at byte \(at)")
      }
      let (nameSize, extraSize) = (try number(at + 28, 2), try number(at + 30, 2))
      let next = try at + 46 + nameSize + extraSize + number(at + 32, 2)
      guard next <= directory.upperBound else { throw malformed("an entry of the directory exceeds it at byte \(at)") }
      let name = ByteString(bytes: file[at + 46..<at + 46 + nameSize])
      var fields = [try number(at + 24, 4), try number(at + 20, 4), try number(at + 42, 4)]
      try widen(&fields, in: at + 46 + nameSize..<at + 46 + nameSize + extraSize)
      let (size, stored, header) = (fields[0], fields[1], fields[2])
      let method = try number(at + 10, 2)
      guard try number(header, 4) == 0x0403_4B50 else { throw malformed("member \(name) has no header") }
      let start = try header + 30 + number(header + 26, 2) + number(header + 28, 2)
      guard start <= directory.lowerBound, stored <= directory.lowerBound - start else {
        throw malformed("member \(name) of \(stored) bytes exceeds the archive")
      }
      guard method != 0 || size == stored else { throw malformed("member \(name) has two sizes") }
      return (
        name,
        Member(
          method: method, isEncrypted: try number(at + 8, 2) & 1 == 1,
          checksum: UInt32(truncatingIfNeeded: try number(at + 16, 4)), range: start..<start + stored), next
      )
    }

    /// Replaces the fields (size, stored size, place of the header) that do not fit 32 bits by those in the extra field.
    private func widen(_ fields: inout [Int], in extra: Range<Int>) throws(CheckpointError) {
      guard fields.contains(0xFFFF_FFFF) else { return }
      var at = extra.lowerBound
      while extra.upperBound - at >= 4 {
        let (id, size) = (try number(at, 2), try number(at + 2, 2))
        guard size <= extra.upperBound - at - 4 else { break }
        if id == 1 {
          var place = at + 4
          for index in fields.indices where fields[index] == 0xFFFF_FFFF {
            guard place + 8 <= at + 4 + size else { throw malformed("an extra field is too short at byte \(at)") }
            fields[index] = try number(place, 8)
            place += 8
          }
          return
        }
        at += 4 + size
      }
      throw malformed("the sizes of a large member are missing at byte \(extra.lowerBound)")
    }
  }
}
