import Support

/// A benchmark's tab-separated file, read as the benchmarks write it: no quoting, no escapes, bytes as they are.
struct TabSeparatedFile {
  static let largestFile = 4 << 30

  let path: String
  /// Line number from 1, and fields.
  let rows: [(line: Int, fields: [ArraySlice<UInt8>])]

  /// - Throws: ``TaskError`` naming the line that is not valid UTF-8, or holds a NUL.
  init(path: String) throws(TaskError) {
    self.path = path
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Files.read(path, limit: TabSeparatedFile.largestFile) } catch {
      throw .unreadable(error)
    }
    var body = bytes[...]
    if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3) }
    var rows: [(line: Int, fields: [ArraySlice<UInt8>])] = []
    // The last line's end opens no line of its own; a blank line elsewhere is a ragged one.
    while body.last == UInt8(ascii: "\n") || body.last == UInt8(ascii: "\r") { body = body.dropLast() }
    guard !body.isEmpty else {
      self.rows = []
      return
    }
    for (index, raw) in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let line = raw.last == UInt8(ascii: "\r") ? raw.dropLast() : raw
      guard !line.contains(0) else {
        throw .badLine(path: path, line: index + 1, reason: "holds a NUL byte, expected text")
      }
      guard TabSeparatedFile.isValid(line) else {
        throw .badLine(path: path, line: index + 1, reason: "is not valid UTF-8; convert the file to UTF-8")
      }
      rows.append((index + 1, line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)))
    }
    self.rows = rows
  }

  private static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
  }
}
