extension Material {
  /// CoLA's official format: source, label (1 acceptable), the author's mark, sentence; tabs, no header.
  package static func cola(_ judgements: [Judgement]) -> String {
    judgements.map { "demo\t\($0.acceptable ? 1 : 0)\t\($0.acceptable ? "" : "*")\t\($0.sentence)\n" }.joined()
  }

  /// MRPC's official format: byte order mark, header, then label, two identifiers and two sentences.
  ///
  /// Identifiers count from `firstID`, so that no two splits share one.
  package static func mrpc(_ pairs: [SentencePair], firstID: Int) -> String {
    let header = "\u{FEFF}Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
    let lines = pairs.enumerated().map { index, pair in
      let id = firstID + 2 * index
      return "\(pair.equivalent ? 1 : 0)\t\(id)\t\(id + 1)\t\(pair.first)\t\(pair.second)\n"
    }
    return header + lines.joined()
  }

  /// One sentence a line.
  package var plainText: String { text.map { $0 + "\n" }.joined() }
}
