import Support

/// Reads the lines of a table.
struct TableReader {
  let file: DataFile
  let format: DataFormat
  let allowsRagged: Bool

  func read(header: Bool, columns: [String]) throws(TaskError) -> (names: [String], rows: [DataRow]) {
    try checkText()
    let expected = FieldRanges(width: header ? nil : columns.count, allowsRagged: allowsRagged)
    var fields = try format == .csv ? CommaSeparatedFields(file, expected).read() : tabSeparated(expected)
    guard let last = fields.lines.last else { throw .empty(path: file.path) }
    if let width = fields.missed {
      throw bad(
        last,
        "found \(fields.ranges.count - (fields.rows.last ?? 0)) \(format == .csv ? "comma" : "tab")-separated columns, "
          + "expected \(width)")
    }
    fields.rows.append(fields.ranges.count)
    let isQuoted = format == .csv
    let names = try header ? self.names(fields, isQuoted) : columns
    let table = TableFields(file.bytes, fields, names: names, isQuoted: isQuoted)
    let rows = (header ? 1 : 0)..<fields.lines.count
    return (names, rows.map { DataRow(line: fields.lines[$0], content: .fields(table, row: $0)) })
  }

  /// Refuses what is no text, naming the line.
  private func checkText() throws(TaskError) {
    let (zero, invalid) = file.bytes.withUnsafeBufferPointer { ($0.firstIndex(of: 0), UTF8Text.firstInvalid($0)) }
    guard let first = [zero, invalid].compactMap(\.self).min() else { return }
    var lines = LineCounter(file.bytes)
    throw bad(
      lines.line(at: first),
      first == zero ? "holds a NUL byte, expected text" : "is not valid UTF-8; convert the file to UTF-8")
  }

  /// Fields between tabs, byte for byte. A blank line before the end is kept as a row, so that the check of the number
  /// of columns reports it.
  private func tabSeparated(_ expected: FieldRanges) -> FieldRanges {
    var fields = expected
    for line in TextLines(file.bytes, dropsBlankEnd: true) {
      fields.beginRow(line: line.number)
      var start = line.bytes.startIndex
      line.bytes.withUnsafeBufferPointer { text in
        let first = start
        for at in text.indices where text[at] == UInt8(ascii: "\t") {
          fields.append(start, first + at)
          start = first + at + 1
        }
      }
      fields.append(start, line.bytes.endIndex)
      guard fields.endRow() else { break }
    }
    return fields
  }

  /// The column names in the first line.
  private func names(_ fields: FieldRanges, _ isQuoted: Bool) throws(TaskError) -> [String] {
    let names = fields.ranges[fields.rows[0]..<fields.rows[1]].map {
      String(decoding: FieldRanges.text(file.bytes, $0, isQuoted: isQuoted), as: UTF8.self)
    }
    var seen = Set<ByteString>()
    if let twice = names.first(where: { !seen.insert(ByteString($0)).inserted }) {
      throw bad(
        fields.lines[0], "two columns are named \(UTF8Text.shown(twice.utf8)); expected different names")
    }
    return names
  }

  private func bad(_ line: Int, _ reason: String) -> TaskError {
    .badLine(path: file.path, line: line, reason: reason)
  }
}
