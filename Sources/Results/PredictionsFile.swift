import Support

/// The file `predictions-<split>.tsv`. After a header, each line holds an example's index, the predicted answer, the
/// right answer and the logits, separated by tabs, and the example's id where the data have ids.
///
///     index	prediction	label	logits
///     0	acceptable	unacceptable	-0.31 0.27
package enum PredictionsFile {
  package struct Row: Sendable {
    let index: Int
    let prediction: String
    /// The right answer; empty where the data have none.
    let label: String
    let logits: [Float]
    /// The example's name in the data; `nil` where it has none.
    let id: String?

    package init(index: Int, prediction: String, label: String, logits: [Float], id: String? = nil) {
      (self.index, self.prediction, self.label, self.logits) = (index, prediction, label, logits)
      self.id = id
    }
  }

  /// A text as a field of the file: a backslash, a tab and a line end are written as `\\`, `\t`, `\n` and `\r`.
  package static func field(_ text: String) -> String { field(Array(text.utf8)) }

  package static func field(_ text: [UInt8]) -> String {
    var result: [UInt8] = []
    for byte in text {
      switch byte {
      case UInt8(ascii: "\\"): result += Array("\\\\".utf8)
      case UInt8(ascii: "\t"): result += Array("\\t".utf8)
      case UInt8(ascii: "\n"): result += Array("\\n".utf8)
      case UInt8(ascii: "\r"): result += Array("\\r".utf8)
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  package static func write(to path: String, _ rows: [Row]) throws(FileError) {
    // The last column, so that the others are where they are without it.
    let hasIDs = rows.contains { $0.id != nil }
    var text = "index\tprediction\tlabel\tlogits\(hasIDs ? "\tid" : "")\n"
    for row in rows {
      // `description` of a Float is the shortest text that parses to the same number.
      let logits = row.logits.map(\.description).joined(separator: " ")
      text += "\(row.index)\t\(row.prediction)\t\(row.label)\t\(logits)"
      text += hasIDs ? "\t\(field(row.id ?? ""))\n" : "\n"
    }
    try Files.writeAtomically(path, Array(text.utf8))
  }
}
