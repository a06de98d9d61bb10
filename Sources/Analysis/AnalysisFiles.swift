import Support

/// Writes what an analysis found into its folder.
package enum AnalysisFiles {
  package static func write(_ json: JSON, name: String, to folder: String) throws(FileError) {
    try write(json.serialized(compact: true) + [UInt8(ascii: "\n")], name: name, to: folder)
  }

  package static func write(_ svg: String, name: String, to folder: String) throws(FileError) {
    try write(Array(svg.utf8), name: name, to: folder)
  }

  /// Named first, so that a run that replaces this one knows the file.
  private static func write(_ bytes: [UInt8], name: String, to folder: String) throws(FileError) {
    try FolderClaim.add(name, in: folder)
    try Files.writeAtomically(folder + "/" + name, bytes)
  }
}

extension JSON {
  static func reals(_ values: [Double]) -> JSON { .array(values.map(JSON.real)) }
  static func integers(_ values: [Int]) -> JSON { .array(values.map(JSON.integer)) }
}

extension [Double] {
  /// `nil` of nothing.
  var mean: Double? { isEmpty ? nil : reduce(0, +) / Double(count) }

  var median: Double? {
    guard !isEmpty else { return nil }
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
