extension Material {
  /// The judgements in CoLA's official format, without a header. Each line has four fields between tabs: source, label
  /// (1 for acceptable), the author's mark and sentence, e.g. `demo⇥0⇥*⇥The boys is tall.`
  package static func cola(_ judgements: [Judgement]) -> String {
    judgements.map { "demo\t\($0.acceptable ? 1 : 0)\t\($0.acceptable ? "" : "*")\t\($0.sentence)\n" }.joined()
  }

  /// The sentences in the format of CoLA's test split: a header, then number and sentence.
  package static func colaTest(_ judgements: [Judgement]) -> String {
    TabSeparated.text(header: "index sentence", TabSeparated.numbered(judgements.map { [$0.sentence] }))
  }

  /// The pairs in MRPC's official format: a byte order mark and a header, then a line for each pair. Its five fields
  /// between tabs are the label (1 for equivalent), two identifiers and two sentences, e.g.
  /// `1⇥7⇥8⇥The boy repaired a car.⇥A car was repaired by the boy.`
  ///
  /// The identifiers count from `firstID`, so that two splits need not share any.
  package static func mrpc(_ pairs: [SentencePair], firstID: Int) -> String {
    let header = "\u{FEFF}Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
    let lines = pairs.enumerated().map { index, pair in
      let id = firstID + 2 * index
      return "\(pair.equivalent ? 1 : 0)\t\(id)\t\(id + 1)\t\(pair.first)\t\(pair.second)\n"
    }
    return header + lines.joined()
  }

  /// The pairs in the format of MRPC's test split in GLUE: a header without a byte order mark, then a number in place of
  /// the label, and what ``mrpc(_:firstID:)`` has.
  package static func mrpcTest(_ pairs: [SentencePair], firstID: Int) -> String {
    let lines = pairs.enumerated().map { index, pair in
      let id = firstID + 2 * index
      return "\(index)\t\(id)\t\(id + 1)\t\(pair.first)\t\(pair.second)\n"
    }
    return "index\t#1 ID\t#2 ID\t#1 String\t#2 String\n" + lines.joined()
  }

  /// The pretraining text, one sentence on each line.
  package var plainText: String { text.map { $0 + "\n" }.joined() }
}
