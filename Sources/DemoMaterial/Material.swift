/// One line of a classification sample.
package struct Judgement: Sendable, Equatable {
  package let sentence: String
  package let acceptable: Bool
  package let phenomenon: Phenomenon
  /// The other member of its pair, used nowhere else.
  package let twin: String
}

/// Everything made from one seed.
package struct Material: Sendable {
  package let train: [Judgement]
  package let dev: [Judgement]
  package let paraphraseTrain: [SentencePair]
  package let paraphraseDev: [SentencePair]
  /// Right sentences only, none of them in a sample.
  package let text: [String]

  /// The sizes that are committed.
  package static let sizes = (train: 2_000, dev: 500, paraphraseTrain: 600, paraphraseDev: 200)

  /// The seed of the committed samples.
  package static let defaultSeed: UInt64 = 1

  /// Makes samples, and a text of at least `textBytes` bytes.
  package init(seed: UInt64, textBytes: Int) {
    var grammar = Grammar(seed: seed)
    var used = Set<String>()
    dev = Self.judgements(Self.sizes.dev, &grammar, &used)
    train = Self.judgements(Self.sizes.train, &grammar, &used)
    var paraphrases = Grammar(seed: seed ^ 0x5EED)
    paraphraseDev = Self.paraphrases(Self.sizes.paraphraseDev, &paraphrases, &used)
    paraphraseTrain = Self.paraphrases(Self.sizes.paraphraseTrain, &paraphrases, &used)
    var writer = Grammar(seed: seed ^ 0x7E87)
    var lines: [String] = []
    var bytes = 0
    while bytes < textBytes {
      let line = writer.plainSentence().text
      guard used.insert(line).inserted else { continue }
      lines.append(line)
      bytes += line.utf8.count + 1
    }
    text = lines
  }

  /// `count` judgements, the phenomena in turn and then shuffled; both members of a pair are kept from any other use.
  private static func judgements(_ count: Int, _ grammar: inout Grammar, _ used: inout Set<String>) -> [Judgement] {
    var result: [Judgement] = []
    let phenomena = Phenomenon.allCases
    while result.count < count {
      let phenomenon = phenomena[result.count % phenomena.count]
      let pair = grammar.pair(phenomenon)
      let (right, wrong) = (pair.right.text, pair.wrong.text)
      guard right != wrong, !used.contains(right), !used.contains(wrong) else { continue }
      used.insert(right)
      used.insert(wrong)
      // Every phenomenon in every third round gives a broken one, so each has the same share of them.
      let acceptable = (result.count / phenomena.count + result.count % phenomena.count) % 3 != 2
      result.append(
        Judgement(
          sentence: acceptable ? right : wrong, acceptable: acceptable, phenomenon: phenomenon,
          twin: acceptable ? wrong : right))
    }
    grammar.random.shuffle(&result)
    return result
  }
}
