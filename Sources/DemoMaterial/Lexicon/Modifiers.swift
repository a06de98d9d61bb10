/// Adjectives, adverbs and prepositions.
enum Modifiers {
  static let ofPeople = Nouns.words(
    """
    tall young old clever happy sad angry tired hungry brave lazy polite rude honest careful nervous proud shy quiet
    famous rich poor kind friendly cheerful curious gentle strange
    """)

  static let ofThings = Nouns.words(
    """
    red blue green yellow black white small large big heavy light cheap expensive new old broken clean dirty useful
    beautiful ugly round empty wooden strange
    """)

  /// Adverbs of manner.
  static let ofManner = Nouns.words("quickly slowly carefully quietly suddenly calmly secretly eagerly gladly bravely")

  /// Adverbs and adverbial phrases that modify a whole sentence.
  static let ofSentences = ["perhaps", "of course", "in fact", "today", "at last", "as usual", "luckily", "clearly"]

  static let ofPlace = ["near", "behind", "beside", "in front of", "next to"]
}
