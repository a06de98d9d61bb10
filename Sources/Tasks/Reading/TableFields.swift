import Support

/// The fields of a table's rows, as ranges of the file's bytes.
final class TableFields: Sendable {
  let bytes: [UInt8]
  /// Where each field begins and ends. 32 bits, since a data file is shorter than 4 GiB.
  let ranges: [(start: UInt32, end: UInt32)]
  /// The position in ``ranges`` of each row's first field, and the number of all fields.
  let rows: [Int]
  private let columns: [ByteString: Int]
  /// Whether a field after a quote has its quotes doubled.
  private let isQuoted: Bool

  init(_ bytes: [UInt8], _ fields: FieldRanges, names: [String], isQuoted: Bool) {
    (self.bytes, ranges, rows, self.isQuoted) = (bytes, fields.ranges, fields.rows, isQuoted)
    // Where columns of task.yaml share a name, the first counts; those of a header do not share any.
    columns = Dictionary(names.enumerated().map { (ByteString($1), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The field of a row in a column; `nil` where the row has none.
  func text(_ row: Int, _ column: ByteString) -> [UInt8]? {
    guard let position = columns[column] else { return nil }
    let at = rows[row] + position
    return at < rows[row + 1] ? FieldRanges.text(bytes, ranges[at], isQuoted: isQuoted) : nil
  }
}

/// Fields while they are read.
struct FieldRanges {
  var ranges: [(start: UInt32, end: UInt32)] = []
  var rows: [Int] = []
  var lines: [Int] = []
  /// The number of fields that each row must have: at first what the table's description says, or `nil` for that of the
  /// first row.
  private var width: Int?
  private let allowsRagged: Bool

  init(width: Int?, allowsRagged: Bool) {
    (self.width, self.allowsRagged) = (width, allowsRagged)
  }

  /// The number of fields that the last row should have had; `nil` where it has as many.
  var missed: Int? {
    guard !allowsRagged, let width, let start = rows.last, ranges.count - start != width else { return nil }
    return width
  }

  mutating func beginRow(line: Int) {
    rows.append(ranges.count)
    lines.append(line)
  }

  mutating func append(_ start: Int, _ end: Int) {
    ranges.append((UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: end)))
  }

  /// - Returns: whether to read on; the first row of another length ends a table.
  mutating func endRow() -> Bool {
    if width == nil { width = ranges.count }
    return missed == nil
  }

  /// The text of a field. A quoted field begins after its quote, and a quote in it is doubled.
  static func text(_ bytes: [UInt8], _ range: (start: UInt32, end: UInt32), isQuoted: Bool) -> [UInt8] {
    let (start, end) = (Int(range.start), Int(range.end))
    let quote = UInt8(ascii: "\"")
    guard isQuoted, start > 0, bytes[start - 1] == quote, bytes[start..<end].contains(quote) else {
      return Array(bytes[start..<end])
    }
    var text: [UInt8] = []
    text.reserveCapacity(end - start)
    var at = start
    while at < end {
      text.append(bytes[at])
      at += bytes[at] == quote ? 2 : 1
    }
    return text
  }
}
