/// One line of the CoLA-like sample: a sentence and whether it is acceptable.
package struct Judgement: Sendable, Equatable {
  package let sentence: String
  package let acceptable: Bool
  package let phenomenon: Phenomenon
  /// The other member of the sentence's minimal pair. The material does not use it anywhere else.
  package let twin: String
}

/// The samples and the pretraining text that one seed gives.
package struct Material: Sendable {
  /// The seed that everything else follows from.
  package let seed: UInt64
  package let train: [Judgement]
  package let dev: [Judgement]
  package let test: [Judgement]
  package let paraphraseTrain: [SentencePair]
  package let paraphraseDev: [SentencePair]
  package let paraphraseTest: [SentencePair]
  /// The pretraining text: distinct acceptable sentences, none of which is in a sample.
  package let text: [String]

  /// The number of lines of each committed sample file, without headers.
  package static let sizes = (
    train: 2_000, dev: 500, test: 100, paraphraseTrain: 600, paraphraseDev: 200, paraphraseTest: 60
  )

  /// The seed of the committed samples.
  package static let defaultSeed: UInt64 = 1

  /// Generates the samples, and a pretraining text of at least `textBytes` bytes.
  package init(seed: UInt64, textBytes: Int) {
    self.seed = seed
    var grammar = Grammar(seed: seed)
    var used = Set<String>()
    dev = Self.judgements(Self.sizes.dev, &grammar, &used)
    train = Self.judgements(Self.sizes.train, &grammar, &used)
    var paraphrases = Grammar(seed: seed ^ 0x5EED)
    paraphraseDev = Self.paraphrases(Self.sizes.paraphraseDev, &paraphrases, &used)
    paraphraseTrain = Self.paraphrases(Self.sizes.paraphraseTrain, &paraphrases, &used)
    // The splits without labels came later. What was there stayed as it was, since they have a grammar of their own, and
    // only long sentences: short ones would be in the text too, and missing there.
    var tests = Grammar(seed: seed ^ 0x7E57)
    test = Self.judgements(Self.sizes.test, &tests, &used, length: 40)
    paraphraseTest = Self.edited(Self.paraphrases(Self.sizes.paraphraseTest, &tests, &used))
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

  /// Draws `count` judgements from the phenomena in turn, and shuffles them. Both members of each pair go to `used`, so
  /// that no other part of the material repeats them.
  ///
  /// - Parameter length: the least length of a sentence.
  private static func judgements(
    _ count: Int, _ grammar: inout Grammar, _ used: inout Set<String>, length: Int = 0
  ) -> [Judgement] {
    var result: [Judgement] = []
    let phenomena = Phenomenon.allCases
    while result.count < count {
      let phenomenon = phenomena[result.count % phenomena.count]
      let pair = grammar.pair(phenomenon)
      let (right, wrong) = (pair.right.text, pair.wrong.text)
      guard right != wrong, min(right.count, wrong.count) >= length, !used.contains(right), !used.contains(wrong) else {
        continue
      }
      used.insert(right)
      used.insert(wrong)
      // Each phenomenon gives a wrong sentence in every third round, so all have the same share of wrong sentences.
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
