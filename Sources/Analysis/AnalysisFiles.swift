import Support

/// Writes the files of an analysis into its output folder.
package enum AnalysisFiles {
  /// Writes compact JSON, with a line feed at its end, to the file `name` in `folder`.
  package static func write(_ json: JSON, name: String, to folder: String) throws(FileError) {
    try write(json.serialized(compact: true) + [UInt8(ascii: "\n")], name: name, to: folder)
  }

  /// Writes an SVG document to the file `name` in `folder`.
  package static func write(_ svg: String, name: String, to folder: String) throws(FileError) {
    try write(Array(svg.utf8), name: name, to: folder)
  }

  /// Registers the file before writing it, so that a later run that replaces this one knows which file to remove.
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
  /// The arithmetic mean, or `nil` for an empty list.
  var mean: Double? { isEmpty ? nil : reduce(0, +) / Double(count) }

  /// The median, or `nil` for an empty list.
  var median: Double? {
    guard !isEmpty else { return nil }
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
