import Foundation

extension Grammar {
  /// Two sentences about events that share some of their parts (agent, verb, object and, for half of them, place), and
  /// the shared fraction of the parts times 5.
  mutating func likeness() -> (first: String, second: String, score: Double) {
    var (one, two) = (scene(), scene())
    while one.receiver != nil { one = scene() }
    while two.receiver != nil { two = scene() }
    let placed = chance(50)
    if !placed { (one.place, two.place) = ([], []) }
    let parts = placed ? 4 : 3
    let shared = random.below(parts + 1)
    var order = Array(0..<parts)
    random.shuffle(&order)
    for part in order.prefix(shared) {
      switch part {
      case 0: two.agent = one.agent
      case 1: two.verb = one.verb
      case 2: two.object = one.object
      default: two.place = one.place
      }
    }
    return (told(one).text, told(two).text, 5 * Double(shared) / Double(parts))
  }
}

extension BenchmarkSample {
  static func stsb(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "stsb")
    var used = Set<String>()
    func rows(_ count: Int, _ origin: String) -> [[String]] {
      let pairs = grammar.distinct(count, &used, key: { $0.first }) { grammar, _ in grammar.likeness() }
      return pairs.enumerated().map { index, pair in
        var (first, second) = (pair.first, pair.second)
        // Matched quotation marks, and a lone one.
        if index % 8 == 3 { first = "\"\(first)\" they wrote" }
        if index % 8 == 6 { second = "\"\(second)" }
        let number = String(repeating: "0", count: 4 - String(index).count) + String(index)
        let kinds: [[String]] = [
          ["main-captions", "MSRvid", origin, number, "none", "none"],
          ["main-news", "headlines", "2016", number]
            + [String](repeating: "Demo Monitor (http://news.example.org)", count: 2),
          ["main-forum", "deft-forum", "2014", number, "none", "none"],
        ]
        // The official scores come as "3.750", as "4" and with all the digits of a Double.
        let scores = [
          String(format: "%.3f", pair.score),
          pair.score == pair.score.rounded() ? String(Int(pair.score)) : String(format: "%.1f", pair.score),
          pair.score == pair.score.rounded() ? String(Int(pair.score)) : "\(pair.score)",
        ]
        return kinds[index % 3] + [first, second, scores[index % 3]]
      }
    }
    let header = "index genre filename year old_index source1 source2 sentence1 sentence2"
    let (dev, train) = (rows(sizes.dev, "2012test"), rows(sizes.train, "2012train"))
    let test = rows(sizes.test, "2012test").map { Array($0.dropLast()) }
    return BenchmarkSample(
      task: "stsb", benchmark: "STS-B",
      format: """
        a header, then number, genre, file, year, old number, two sources, two sentences and their similarity from 0 \
        to 5, which `test.tsv` lacks; here it is the share of agent, verb, object and place that both sentences \
        tell, times 5
        """,
      files: [
        ("train.tsv", TabSeparated.text(header: header + " score", TabSeparated.numbered(train))),
        ("dev.tsv", TabSeparated.text(header: header + " score", TabSeparated.numbered(dev))),
        ("test.tsv", TabSeparated.text(header: header, TabSeparated.numbered(test))),
      ])
  }
}
