import Support

/// The fields of a table's rows, as ranges of the file's bytes.
final class TableFields: Sendable {
  let bytes: [UInt8]
  /// Where each field begins and ends. 32 bits, since a data file is shorter than 4 GiB.
  let ranges: [(start: UInt32, end: UInt32)]
  /// The position in ``ranges`` of each row's first field, and the number of all fields.
  let rows: [Int]
  private let columns: [ByteString: Int]
  /// The number of columns.
  private let width: Int
  /// Whether a field after a quote has its quotes doubled.
  private let isQuoted: Bool

  init(_ bytes: [UInt8], _ fields: FieldRanges, names: [String], isQuoted: Bool) {
    (self.bytes, ranges, rows, self.isQuoted) = (bytes, fields.ranges, fields.rows, isQuoted)
    width = names.count
    // Where columns of task.yaml share a name, the first counts; those of a header do not share any.
    columns = Dictionary(names.enumerated().map { (ByteString($1), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether a row has fewer fields than the table has columns.
  func isShort(_ row: Int) -> Bool { rows[row + 1] - rows[row] < width }

  /// The number of line ends in each field of a row.
  func lineEnds(_ row: Int) -> [Int] {
    ranges[rows[row]..<rows[row + 1]].map { range in
      bytes[Int(range.start)..<Int(range.end)].count { $0 == UInt8(ascii: "\n") }
    }
  }

  /// The field of a row in a column; `nil` where the row has none.
  func text(_ row: Int, _ column: ByteString) -> [UInt8]? {
    guard let position = columns[column] else { return nil }
    let at = rows[row] + position
    return at < rows[row + 1] ? FieldRanges.text(bytes, ranges[at], isQuoted: isQuoted) : nil
  }
}

/// How many fields the rows of a table may have.
enum RowLengths: Sendable {
  /// As many as the table has columns.
  case exact
  /// As many, or fewer.
  case orShorter
  /// Any number. Columns that a row lacks are absent, and further fields are not read.
  case any
}

/// Fields while they are read.
struct FieldRanges {
  var ranges: [(start: UInt32, end: UInt32)] = []
  var rows: [Int] = []
  var lines: [Int] = []
  /// The number of fields that each row must have: at first what the table's description says, or `nil` for that of the
  /// first row.
  private var width: Int?
  private let lengths: RowLengths
  /// Takes the faults of rows of another length, which are then left out; `nil` where the first of them ends the table.
  private let faults: FaultCollector?

  init(width: Int?, lengths: RowLengths, faults: FaultCollector? = nil) {
    (self.width, self.lengths, self.faults) = (width, lengths, faults)
  }

  /// The number of fields that the last row should have had; `nil` where its length is right.
  var missed: Int? {
    guard lengths != .any, let width, let start = rows.last else { return nil }
    let count = ranges.count - start
    return count == width || lengths == .orShorter && count < width ? nil : width
  }

  mutating func beginRow(line: Int) {
    rows.append(ranges.count)
    lines.append(line)
  }

  mutating func append(_ start: Int, _ end: Int) {
    ranges.append((UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: end)))
  }

  /// - Parameter fault: the fault of a row that should have had so many fields.
  /// - Returns: whether to read on; the first row of another length ends a table, unless faults are collected.
  mutating func endRow(_ fault: (_ line: Int, _ found: Int, _ expected: Int) -> TaskError) -> Bool {
    if width == nil { width = ranges.count }
    guard let missed, let start = rows.last, let line = lines.last else { return true }
    guard let faults else { return false }
    faults.add(fault(line, ranges.count - start, missed))
    // A broken file may be one of separators only, whose fields would take more memory than the file.
    ranges.removeLast(ranges.count - start)
    rows.removeLast()
    lines.removeLast()
    return true
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
