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
    var rows: [(line: Int, fields: [ArraySlice<UInt8>])] = []
    // A blank line that is not at the end is a ragged one.
    for line in TextLines(bytes, dropsBlankEnd: true) {
      guard !line.bytes.contains(0) else {
        throw .badLine(path: path, line: line.number, reason: "holds a NUL byte, expected text")
      }
      guard line.isText else {
        throw .badLine(path: path, line: line.number, reason: "is not valid UTF-8; convert the file to UTF-8")
      }
      rows.append((line.number, line.bytes.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)))
    }
    self.rows = rows
  }
}
