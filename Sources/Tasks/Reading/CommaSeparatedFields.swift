/// Reads the fields of a CSV file as RFC 4180 has them: a field in quotes may hold commas, line ends and doubled
/// quotes. A quote inside an unquoted field is text, as Python's reader takes it.
struct CommaSeparatedFields {
  private let file: DataFile
  private var at = 0
  private var line = 1
  private var fields: FieldRanges

  /// - Parameter fields: no fields yet, with what is expected of a row.
  init(_ file: DataFile, _ fields: FieldRanges) { (self.file, self.fields) = (file, fields) }

  consuming func read() throws(TaskError) -> FieldRanges {
    try file.bytes.withUnsafeBufferPointer { (text) throws(TaskError) in
      if text.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
      // Empty lines at the end are no rows.
      let last = text.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      let body = UnsafeBufferPointer(rebasing: text[...(last ?? -1)])
      while at < body.count {
        fields.beginRow(line: line)
        try readRow(body)
        guard fields.endRow({ file.wrongWidth(.csv, line: $0, found: $1, expected: $2) }) else { break }
      }
    }
    return fields
  }

  private mutating func readRow(_ text: UnsafeBufferPointer<UInt8>) throws(TaskError) {
    while true {
      if at < text.count, text[at] == UInt8(ascii: "\"") { try readQuoted(text) } else { readPlain(text) }
      guard at < text.count else { return }
      at += 1
      if text[at - 1] == UInt8(ascii: ",") { continue }
      // A line end: CR LF or LF.
      if text[at - 1] == UInt8(ascii: "\r") { at += 1 }
      line += 1
      return
    }
  }

  /// Reads up to the comma, line end or end of the file after a field without quotes.
  private mutating func readPlain(_ text: UnsafeBufferPointer<UInt8>) {
    let start = at
    while at < text.count, text[at] != UInt8(ascii: ","), text[at] != UInt8(ascii: "\n") { at += 1 }
    if at < text.count, text[at] == UInt8(ascii: "\n"), at > start, text[at - 1] == UInt8(ascii: "\r") { at -= 1 }
    fields.append(start, at)
  }

  private mutating func readQuoted(_ text: UnsafeBufferPointer<UInt8>) throws(TaskError) {
    let (quote, start, first) = (UInt8(ascii: "\""), at + 1, line)
    at = start
    while true {
      guard at < text.count else { throw bad(first, "a field begins with a quote and has no closing quote") }
      if text[at] == UInt8(ascii: "\n") { line += 1 }
      guard text[at] == quote else {
        at += 1
        continue
      }
      guard at + 1 < text.count, text[at + 1] == quote else { break }
      at += 2
    }
    fields.append(start, at)
    at += 1
    guard at < text.count, text[at] != UInt8(ascii: ","), text[at] != UInt8(ascii: "\n") else { return }
    guard text[at] == UInt8(ascii: "\r"), at + 1 == text.count || text[at + 1] == UInt8(ascii: "\n") else {
      throw bad(
        line,
        "text after the closing quote of a field\(first < line ? " that begins in line \(first)" : ""); expected a comma or the line's end, and a quote inside doubled"
      )
    }
  }

  private func bad(_ line: Int, _ reason: String) -> TaskError {
    .badLine(path: file.path, line: line, reason: reason)
  }
}
