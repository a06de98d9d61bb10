import Support

/// A benchmark's tab-separated file. Benchmarks use no quoting and no escapes, so fields are taken byte for byte.
struct TabSeparatedFile {
  static let largestFile = 4 << 30

  struct Row {
    /// Line in the file, from 1.
    let line: Int
    let fields: [ArraySlice<UInt8>]
  }

  let path: String
  let rows: [Row]

  /// - Throws: ``TaskError`` if the file cannot be read, or naming a line that is not valid UTF-8 or holds a NUL byte.
  init(path: String) throws(TaskError) {
    self.path = path
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Files.read(path, limit: TabSeparatedFile.largestFile) } catch {
      throw .unreadable(error)
    }
    var rows: [Row] = []
    // A blank line before the end is kept as a row; the check of the number of columns reports it.
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
