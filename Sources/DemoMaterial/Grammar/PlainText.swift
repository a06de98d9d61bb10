extension Grammar {
  /// A right sentence, of any kind the grammar knows.
  mutating func plainSentence() -> Sentence {
    if chance(75) { return pair(pick(Phenomenon.allCases)).right }
    let words = clause()
    return framed(MinimalPair(words, words)).right
  }
}
