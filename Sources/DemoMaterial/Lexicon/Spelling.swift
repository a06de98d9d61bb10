/// The spelling of regular English endings and of the indefinite article.
enum Spelling {
  /// The regular plural of a noun, or third person of a verb: "box" gives "boxes", "carry" gives "carries".
  static func withS(_ word: String) -> String {
    if ["s", "x", "z", "ch", "sh", "o"].contains(where: word.hasSuffix) { return word + "es" }
    if endsInConsonantY(word) { return word.dropLast() + "ies" }
    return word + "s"
  }

  static func past(_ verb: String) -> String {
    if verb.hasSuffix("e") { return verb + "d" }
    if endsInConsonantY(verb) { return verb.dropLast() + "ied" }
    return verb + "ed"
  }

  static func progressive(_ verb: String) -> String {
    verb.hasSuffix("e") && !verb.hasSuffix("ee") ? verb.dropLast() + "ing" : verb + "ing"
  }

  /// The indefinite article: "an" before a vowel sound.
  static func article(before word: String) -> String {
    // The lexicon has no words outside these lists whose first letter misleads.
    let soundsLikeConsonant = ["useful", "uniform", "unicorn", "usual"].contains(word)
    let soundsLikeVowel = ["honest", "hour", "honor"].contains(word)
    let vowel = word.first.map { "aeiou".contains($0) } ?? false
    return soundsLikeVowel || vowel && !soundsLikeConsonant ? "an" : "a"
  }

  private static func endsInConsonantY(_ word: String) -> Bool {
    word.hasSuffix("y") && !["ay", "ey", "oy", "uy"].contains(where: word.hasSuffix)
  }
}
