extension BenchmarkSample {
  static func rte(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "rte")
    var used = Set<String>()
    func rows(_ count: Int) -> [[String]] {
      let inferences = grammar.distinct(count, &used, key: \.premise) { grammar, index in
        // Half of the labels are entailment.
        grammar.inference(index % 2 == 0 ? .entailment : grammar.pick([.neutral, .contradiction]))
      }
      return inferences.enumerated().map { index, inference in
        var premise = inference.premise
        if index % 2 == 1 { premise += " " + grammar.plainSentence().text }
        if index % 3 == 1 { premise = grammar.plainSentence().text + " " + premise }
        if index % 7 == 2 { premise = "\"\(premise)" }
        // A no-break space is part of the text; a reader that trims or splits at it loses something.
        if index % 9 == 4 { premise += "\u{A0}(Demo)" }
        return [premise, inference.hypothesis, inference.label == .entailment ? "entailment" : "not_entailment"]
      }
    }
    let (dev, train) = (rows(sizes.dev), rows(sizes.train))
    let test = rows(sizes.test).map { Array($0.dropLast()) }
    return BenchmarkSample(
      task: "rte", benchmark: "RTE",
      format: """
        a header, then number, premise, hypothesis and the label `entailment` or `not_entailment`, which `test.tsv` \
        lacks
        """,
      files: [
        ("train.tsv", TabSeparated.text(header: "index sentence1 sentence2 label", TabSeparated.numbered(train))),
        ("dev.tsv", TabSeparated.text(header: "index sentence1 sentence2 label", TabSeparated.numbered(dev))),
        ("test.tsv", TabSeparated.text(header: "index sentence1 sentence2", TabSeparated.numbered(test))),
      ])
  }

  /// GLUE's diagnostic set: no labels, each pair in both orders, and no newline at the end.
  static func diagnostic(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "ax")
    var used = Set<String>()
    let rows = grammar.inferences(21, &used).flatMap {
      [[$0.premise, $0.hypothesis], [$0.hypothesis, $0.premise]]
    }
    let text = TabSeparated.text(
      header: "index sentence1 sentence2", TabSeparated.numbered(rows), finalNewline: false)
    return BenchmarkSample(
      task: "ax", benchmark: "GLUE's diagnostic set",
      format:
        "a header, then number and two sentences, each pair in both orders; there are no labels, and no newline at the end",
      files: [("diagnostic.tsv", text)])
  }
}
