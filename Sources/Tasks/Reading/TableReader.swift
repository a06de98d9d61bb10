import Support

/// Reads the lines of a table.
struct TableReader {
  let file: DataFile
  let format: DataFormat
  let lengths: RowLengths
  /// Takes the faults of rows, which are then left out; `nil` where the first fault is thrown.
  var faults: FaultCollector?

  func read(header: Bool, columns: [String]) throws(TaskError) -> (names: [String], rows: [DataRow]) {
    let file = try textFile()
    let expected = FieldRanges(width: header ? nil : columns.count, lengths: lengths, faults: faults)
    var fields =
      try format == .csv ? CommaSeparatedFields(file, expected).read() : TableReader.tabSeparated(file, expected)
    guard let last = fields.lines.last else { throw .empty(path: file.path) }
    if let width = fields.missed {
      throw file.wrongWidth(
        format, line: last, found: fields.ranges.count - (fields.rows.last ?? 0), expected: width)
    }
    fields.rows.append(fields.ranges.count)
    let isQuoted = format == .csv
    let names = try header ? self.names(file, fields, isQuoted) : columns
    let table = TableFields(file.bytes, fields, names: names, isQuoted: isQuoted)
    let rows = (header ? 1 : 0)..<fields.lines.count
    guard !rows.isEmpty else {
      throw .noExamples(
        path: file.path,
        reason: "holds one line, which header: true takes as the names of the columns; expected lines of data after it")
    }
    return (names, rows.map { DataRow(line: fields.lines[$0], content: .fields(table, row: $0)) })
  }

  /// The most columns of a table that ``firstRow()`` reads; a broken file may be one of separators only.
  private static let mostColumns = 4_096

  /// The fields of the first row.
  func firstRow() throws(TaskError) -> [String] {
    let file = try textFile()
    let expected = FieldRanges(width: nil, lengths: .any)
    var fields =
      try format == .csv ? CommaSeparatedFields(file, expected).read() : TableReader.tabSeparated(file, expected)
    fields.rows.append(fields.ranges.count)
    guard let line = fields.lines.first else { throw .empty(path: file.path) }
    let count = fields.rows[1] - fields.rows[0]
    guard count <= TableReader.mostColumns else {
      throw bad(line, "found \(count) columns, expected at most \(TableReader.mostColumns) to guess from")
    }
    return fields.ranges[fields.rows[0]..<fields.rows[1]].map {
      String(decoding: FieldRanges.text(file.bytes, $0, isQuoted: format == .csv), as: UTF8.self)
    }
  }

  /// Refuses what is no text, naming the line.
  ///
  /// - Returns: the file, where faults are collected with a question mark for each byte that is no text.
  private func textFile() throws(TaskError) -> DataFile {
    let (zero, invalid) = file.bytes.withUnsafeBufferPointer { ($0.firstIndex(of: 0), UTF8Text.firstInvalid($0)) }
    guard let first = [zero, invalid].compactMap(\.self).min() else { return file }
    guard let faults else {
      var lines = LineCounter(file.bytes)
      throw noText(lines.line(at: first), isZero: first == zero)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(file.bytes.count)
    // A file in another encoding has as many such lines as rows, and one fault.
    var wrong: [(line: Int, isZero: Bool)] = []
    for line in TextLines(file.bytes) {
      if !line.isText || line.bytes.contains(0) {
        wrong.append((line.number, line.isText))
        bytes += line.bytes.map { $0 == 0 || $0 >= 0x80 ? UInt8(ascii: "?") : $0 }
      } else {
        bytes += line.bytes
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    for isZero in [true, false] {
      let lines = wrong.filter { $0.isZero == isZero }
      if let first = lines.first { faults.add(noText(first.line, isZero: isZero, more: lines.count - 1)) }
    }
    return DataFile(path: file.path, bytes: bytes, sha256: file.sha256)
  }

  private func noText(_ line: Int, isZero: Bool, more: Int = 0) -> TaskError {
    let lines = more == 0 ? "" : ", and so are \(Plural.count(more, "more line"))"
    return bad(
      line,
      isZero
        ? "holds a NUL byte\(lines.replacing("so are", with: "so do")), expected text"
        : "is not valid UTF-8\(lines); convert the file to UTF-8, e.g. with iconv -f LATIN1 -t UTF-8")
  }

  /// Fields between tabs, byte for byte. A blank line before the end is kept as a row, so that the check of the number
  /// of columns reports it.
  private static func tabSeparated(_ file: DataFile, _ expected: FieldRanges) -> FieldRanges {
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
      guard fields.endRow({ file.wrongWidth(.tsv, line: $0, found: $1, expected: $2) }) else { break }
    }
    return fields
  }

  /// The column names in the first line.
  private func names(
    _ file: DataFile, _ fields: FieldRanges, _ isQuoted: Bool
  ) throws(TaskError) -> [String] {
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

extension DataFile {
  /// The fault of a row of another length than the table's.
  func wrongWidth(_ format: DataFormat, line: Int, found: Int, expected: Int) -> TaskError {
    .badLine(
      path: path, line: line,
      reason: "found \(found) \(format == .csv ? "comma" : "tab")-separated columns, expected \(expected)")
  }
}
