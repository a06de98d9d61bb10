/// Parse columns in MNLI's notation. Nothing was parsed: the trees only branch to the right. They fill their columns,
/// and bring the parentheses that a reader must take as they are.
private enum Tree {
  static func binary(_ text: String) -> String {
    let tokens = tokens(text)
    guard let last = tokens.last else { return "" }
    return tokens.dropLast().reversed().reduce(last) { "( \($1) \($0) )" }
  }

  static func labelled(_ text: String) -> String {
    "(ROOT (S "
      + tokens(text).map { [".", ",", "?"].contains($0) ? "(\($0) \($0))" : "(X \($0))" }.joined(separator: " ")
      + "))"
  }

  private static func tokens(_ text: String) -> [String] {
    text.split(separator: " ").flatMap { word -> [String] in
      guard let mark = word.last, [".", ",", "?"].contains(mark) else { return [String(word)] }
      return [String(word.dropLast()), String(mark)]
    }
  }
}

extension BenchmarkSample {
  private static let matched = ["fiction", "government", "slate", "telephone", "travel"]
  private static let mismatched = ["nineeleven", "facetoface", "letters", "oup", "verbatim"]

  static func mnli(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "mnli")
    var used = Set<String>()
    /// Ten columns, and the labels of `annotators` people with the gold label, the one that most of them gave.
    func rows(_ count: Int, _ genres: [String], annotators: Int?) -> [[String]] {
      grammar.inferences(count, &used).enumerated().map { index, inference in
        var (premise, hypothesis) = (inference.premise, inference.hypothesis)
        let genre = genres[index % genres.count]
        // Speech has neither capitals nor marks. A few hypotheses end in a blank.
        if genre == "telephone" { premise = String(premise.dropLast()).lowercased() + " uh-huh" }
        if index % 8 == 5 { hypothesis += " " }
        let prompt = String(10_000 + grammar.random.below(90_000))
        let letter = annotators == nil ? "" : String(inference.label.rawValue.prefix(1))
        let row =
          [prompt, prompt + letter, genre] + [premise, hypothesis].map(Tree.binary)
          + [premise, hypothesis].map(Tree.labelled) + [premise, hypothesis]
        guard let annotators else { return row }
        var votes = [String](repeating: inference.label.rawValue, count: annotators)
        for vote in 0..<(annotators / 2) where grammar.chance(40) {
          votes[vote] = grammar.pick(Entailment.allCases).rawValue
        }
        return row + votes + [inference.label.rawValue]
      }
    }
    let header =
      "index promptID pairID genre sentence1_binary_parse sentence2_binary_parse sentence1_parse sentence2_parse sentence1 sentence2"
    func file(_ rows: [[String]], labels: String) -> String {
      TabSeparated.text(header: header + labels, TabSeparated.numbered(rows))
    }
    let five = " label1 label2 label3 label4 label5 gold_label"
    return BenchmarkSample(
      task: "mnli", benchmark: "MNLI",
      format: """
        a header, then number, two identifiers, genre, four parses, two sentences, the annotators' labels (one in \
        `train.tsv`, five in the dev files) and the gold label; the test files end with the sentences; the parses \
        here only fill their columns
        """,
      files: [
        ("train.tsv", file(rows(36, matched, annotators: 1), labels: " label1 gold_label")),
        ("dev_matched.tsv", file(rows(30, matched, annotators: 5), labels: five)),
        ("dev_mismatched.tsv", file(rows(30, mismatched, annotators: 5), labels: five)),
        ("test_matched.tsv", file(rows(30, matched, annotators: nil), labels: "")),
        ("test_mismatched.tsv", file(rows(30, mismatched, annotators: nil), labels: "")),
      ])
  }
}
