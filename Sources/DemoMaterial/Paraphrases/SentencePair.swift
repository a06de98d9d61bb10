/// One line of the MRPC-like sample: two sentences, and whether they mean the same.
package struct SentencePair: Sendable, Equatable {
  package let first: String
  package let second: String
  package let equivalent: Bool
}

extension Material {
  /// Draws `count` pairs, two of three of them equivalent, and shuffles them. All sentences go to `used`, so that none
  /// occurs twice in the material.
  static func paraphrases(_ count: Int, _ grammar: inout Grammar, _ used: inout Set<String>) -> [SentencePair] {
    var result: [SentencePair] = []
    while result.count < count {
      let equivalent = result.count % 3 != 2
      let (first, second) = grammar.paraphrase(equivalent: equivalent)
      let (one, two) = (first.text, second.text)
      guard one != two, !used.contains(one), !used.contains(two) else { continue }
      used.insert(one)
      used.insert(two)
      result.append(SentencePair(first: one, second: two, equivalent: equivalent))
    }
    grammar.random.shuffle(&result)
    return result
  }

  /// The pairs as newspapers would print them, which shows what MRPC's format allows: quotation marks that are text,
  /// sometimes one without the other and at the start of a field, and letters outside ASCII.
  static func edited(_ pairs: [SentencePair]) -> [SentencePair] {
    pairs.enumerated().map { index, pair in
      let name = Names.full[index % Names.full.count]
      let (first, second) =
        switch index % 4 {
        case 1: ("\" \(pair.first) \" , \(name) said .", pair.second)
        case 2: ("\" \(pair.first)", "\(name) added : \" \(pair.second) \"")
        default: (pair.first, pair.second)
        }
      return SentencePair(first: first, second: second, equivalent: pair.equivalent)
    }
  }
}
