import Support

extension DataFile {
  /// Refuses a file that its first bytes or its name show to be of another kind, of which every line would be a fault.
  ///
  /// - Parameter format: the format that `task.yaml` says; `nil` where it is still to be guessed.
  func checkKind(_ format: DataFormat?) throws(TaskError) {
    let remedies: [(start: [UInt8], reason: String)] = [
      ([0x1F, 0x8B], "is compressed with gzip; add .gz to its name, and leave the name in task.yaml as it is"),
      (
        Array("PK\u{3}\u{4}".utf8),
        "is a zip archive, or a spreadsheet such as .xlsx, which is one; save the spreadsheet as CSV in UTF-8, or unpack "
          + "the archive"
      ),
      ([0xFF, 0xFE], "is text in UTF-16; convert it to UTF-8, e.g. with iconv -f UTF-16 -t UTF-8"),
      ([0xFE, 0xFF], "is text in UTF-16; convert it to UTF-8, e.g. with iconv -f UTF-16 -t UTF-8"),
    ]
    if let found = remedies.first(where: { bytes.starts(with: $0.start) }) {
      throw .noExamples(path: path, reason: found.reason)
    }
    guard let format else { return }
    let name = (path.hasSuffix(".gz") ? String(path.dropLast(3)) : path).lowercased()
    let isNamedJSON = [".json", ".jsonl", ".ndjson"].contains { name.hasSuffix($0) }
    let first = bytes.first { $0 > UInt8(ascii: " ") }
    if format.isTable, isNamedJSON, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      throw .noExamples(
        path: path,
        reason: "holds JSON, and the task's files are \(format.rawValue.uppercased()) (format: \(format.rawValue) in "
          + "task.yaml); convert the file")
    }
    if !format.isTable, name.hasSuffix(".csv") || name.hasSuffix(".tsv"),
      first != UInt8(ascii: "{"), first != UInt8(ascii: "["), first != nil
    {
      throw .noExamples(
        path: path,
        reason: "is a table, and the task's files are \(format == .json ? "JSON" : "JSON Lines") (format: "
          + "\(format.rawValue) in task.yaml); convert the file")
    }
  }
}
