extension Grammar {
  /// An acceptable sentence of any kind that the grammar generates.
  mutating func plainSentence() -> Sentence {
    if chance(75) { return pair(pick(Phenomenon.allCases)).right }
    let words = clause()
    return framed(MinimalPair(words, words)).right
  }
}
