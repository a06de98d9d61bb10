/// How the rows of a data file are written.
package enum DataFormat: String, CaseIterable, Sendable {
  /// Fields between tabs, byte for byte, without quoting or escapes, as GLUE's files.
  case tsv
  /// Fields between commas, with quotes (RFC 4180).
  case csv
  /// One JSON value that holds all records.
  case json
  /// One JSON value in each line.
  case jsonl

  /// Whether a row's fields are the columns of a table.
  package var isTable: Bool { self == .tsv || self == .csv }
}
