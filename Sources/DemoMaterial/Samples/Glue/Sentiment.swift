/// The words of the sentiment sample.
enum Sentiment {
  static let good = Nouns.words(
    "wonderful moving funny brilliant charming gripping warm witty delightful touching clever fresh graceful lively")
  static let bad = Nouns.words(
    "dull boring clumsy awful tedious lifeless bland shallow messy tiresome noisy pointless sloppy stale")
  static let parts = Nouns.words(
    "film movie story script cast plot ending dialogue music direction comedy thriller romance dénouement cliché")
}

extension Grammar {
  /// A phrase about a film as SST-2 has it: lowercase, with blanks around the marks. Its adjectives decide the label,
  /// and "never" and "not" turn them over.
  mutating func opinion(positive: Bool) -> String {
    let (praise, blame) = positive ? (Sentiment.good, Sentiment.bad) : (Sentiment.bad, Sentiment.good)
    func article(_ word: String) -> String { "\(Spelling.article(before: word)) \(word)" }
    let words = (pick(praise), pick(praise), pick(blame))
    let parts = (pick(Sentiment.parts), pick(Sentiment.parts))
    let mark = chance(60) ? " ." : ""
    switch random.below(9) {
    case 0: return "\(article(words.0)) \(parts.0) with \(article(words.1)) \(parts.1)\(mark)"
    case 1: return "the \(parts.0) is \(pick(["very", "quite", "rather", "utterly"])) \(words.0)\(mark)"
    case 2: return "\(words.0) and \(words.1)"
    case 3: return "never \(words.2) , the \(parts.0) is \(words.0) instead\(mark)"
    case 4: return "it 's \(article(words.0)) and often \(words.1) \(parts.0)\(mark)"
    case 5: return "this \"\(words.0)\" \(parts.0) -lrb- and its \(parts.1) -rrb- is \(words.1)\(mark)"
    case 6: return "the \(parts.0) is not \(words.2)\(mark)"
    // A lone quotation mark, which a reader that knows quoting would take for the start of a field of several lines.
    case 7: return "\" \(words.0) \(parts.0) , \(words.1) \(parts.1)\(mark)"
    default: return words.0
    }
  }
}

extension BenchmarkSample {
  static func sst2(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "sst2")
    var used = Set<String>()
    func rows(_ count: Int) -> [[String]] {
      grammar.distinct(count, &used, key: \.[0]) { grammar, index in
        [grammar.opinion(positive: index % 2 == 0), index % 2 == 0 ? "1" : "0"]
      }
    }
    var (dev, train, test) = (rows(sizes.dev), rows(sizes.train), rows(sizes.test))
    for index in dev.indices { dev[index][0] += " " }
    for index in train.indices { train[index][0] += " " }
    for index in test.indices { test[index].removeLast() }
    return BenchmarkSample(
      task: "sst2", benchmark: "SST-2",
      format: """
        a header, then a sentence in lowercase that ends in a blank, and its label (1 positive); `test.tsv` has a \
        number in place of the label, and no blank
        """,
      files: [
        ("train.tsv", TabSeparated.text(header: "sentence label", train)),
        ("dev.tsv", TabSeparated.text(header: "sentence label", dev)),
        ("test.tsv", TabSeparated.text(header: "index sentence", TabSeparated.numbered(test))),
      ])
  }
}
