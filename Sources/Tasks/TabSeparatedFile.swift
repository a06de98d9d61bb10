import Support

/// A benchmark's tab-separated file, read as the benchmarks write it: no quoting, no escapes, bytes as they are.
struct TabSeparatedFile {
  static let largestFile = 4 << 30

  struct Row {
    /// From 1.
    let line: Int
    let fields: [ArraySlice<UInt8>]
  }

  let path: String
  let rows: [Row]

  /// - Throws: ``TaskError`` naming the line that is not valid UTF-8, or holds a NUL.
  init(path: String) throws(TaskError) {
    self.path = path
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Files.read(path, limit: TabSeparatedFile.largestFile) } catch {
      throw .unreadable(error)
    }
    var rows: [Row] = []
    // A blank line that is not at the end is a ragged one.
    for line in TextLines(bytes, dropsBlankEnd: true) {
      guard !line.bytes.contains(0) else {
        throw .badLine(path: path, line: line.number, reason: "holds a NUL byte, expected text")
      }
      guard line.isText else {
        throw .badLine(path: path, line: line.number, reason: "is not valid UTF-8; convert the file to UTF-8")
      }
      let fields = line.bytes.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
      rows.append(Row(line: line.number, fields: fields))
    }
    self.rows = rows
  }
}
