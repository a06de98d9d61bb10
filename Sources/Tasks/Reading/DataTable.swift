import Support

/// The rows of a data file.
package struct DataTable: Sendable {
  /// The names of a table's columns; empty for JSON.
  package let columnNames: [String]
  package let rows: [DataRow]

  /// Reads and checks all rows.
  ///
  /// - Parameters:
  ///   - header: whether a table's first line names its columns.
  ///   - columns: the names of the columns of a table without a header.
  ///   - records: the path of the records in a JSON file, e.g. `data[*].paragraphs[*].qas[*]`; `nil` where the file is a
  ///     list of records.
  ///   - allowsRagged: whether a row may have fewer fields than the table has columns, which are then absent, or more,
  ///     which are then ignored.
  /// - Throws: ``TaskError`` naming the line and the fault, or ``TaskError/empty(path:)``.
  package init(
    _ file: DataFile, format: DataFormat, header: Bool = false, columns: [String] = [], records: FieldPath? = nil,
    allowsRagged: Bool = false
  ) throws(TaskError) {
    try self.init(
      file, format: format, header: header, columns: columns, records: records, lengths: allowsRagged ? .any : .exact)
  }

  /// - Parameter faults: takes the faults of rows, which are then left out; `nil` where the first fault is thrown.
  init(
    _ file: DataFile, format: DataFormat, header: Bool, columns: [String], records: FieldPath?, lengths: RowLengths,
    faults: FaultCollector? = nil
  ) throws(TaskError) {
    try file.checkKind(format)
    switch format {
    case .tsv, .csv:
      let reader = TableReader(file: file, format: format, lengths: lengths, faults: faults)
      (columnNames, rows) = try reader.read(header: header, columns: columns)
    case .json:
      (columnNames, rows) = ([], try JSONRecords(file: file).read(records))
    case .jsonl:
      (columnNames, rows) = ([], try JSONRecords(file: file).readLines(faults))
    }
    guard !rows.isEmpty else { throw .empty(path: file.path) }
  }
}
