import Support

/// `predictions-<split>.tsv`: a header, then index, predicted and right label by name, and logits.
package enum PredictionsFile {
  package static func write(
    to path: String, labels: [String], rows: [(index: Int, prediction: Int, label: Int?, logits: [Float])]
  ) throws(FileError) {
    var text = "index\tprediction\tlabel\tlogits\n"
    for row in rows {
      let label = row.label.map { labels[$0] } ?? ""
      // `description` of a Float is the shortest text that reads back as the same number.
      let logits = row.logits.map(\.description).joined(separator: " ")
      text += "\(row.index)\t\(labels[row.prediction])\t\(label)\t\(logits)\n"
    }
    try Files.writeAtomically(path, Array(text.utf8))
  }
}
