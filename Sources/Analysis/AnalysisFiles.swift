import Support

/// Writes what an analysis found into its folder.
package enum AnalysisFiles {
  package static func write(_ json: JSON, name: String, to folder: String) throws(FileError) {
    try Files.writeAtomically(folder + "/" + name, json.serialized(compact: true) + [UInt8(ascii: "\n")])
  }

  package static func write(_ svg: String, name: String, to folder: String) throws(FileError) {
    try Files.writeAtomically(folder + "/" + name, Array(svg.utf8))
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
