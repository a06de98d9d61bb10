import Support

/// A plain text in UTF-8. Each line is a document, or blank lines separate the documents.
struct DocumentFile {
  static let largestFile = 16 << 30

  let path: String
  let sha256: String
  /// The documents that are not blank, without a line end at either side.
  let documents: [[UInt8]]

  /// - Throws: ``FileError``, or ``TrainingError/badFile(path:reason:)`` for fewer than two documents, or naming a line
  ///   that is not valid UTF-8.
  init(path: String, separatedBy kind: RunSettings.DocumentSeparator) throws {
    self.path = path
    let bytes = try Files.read(path, limit: DocumentFile.largestFile)
    sha256 = try Digest.sha256(ofFile: path)
    let newline = UInt8(ascii: "\n")
    var documents: [[UInt8]] = []
    var current: [UInt8] = []
    for found in TextLines(bytes) {
      guard found.isText else {
        throw TrainingError.badFile(
          path: "\(path):\(found.number)", reason: "is not valid UTF-8; convert the file to UTF-8")
      }
      let line = found.bytes
      let isBlank = line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      if !isBlank {
        if !current.isEmpty { current.append(newline) }
        current += line
      }
      if isBlank || kind == .line, !current.isEmpty {
        documents.append(current)
        current = []
      }
    }
    if !current.isEmpty { documents.append(current) }
    self.documents = documents
    guard documents.count >= 2 else {
      throw TrainingError.badFile(
        path: path,
        reason: "found \(documents.count) documents, expected at least 2, one to train on and one held out; "
          + "see --documents")
    }
  }
}
