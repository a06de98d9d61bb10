/// Names with letters outside ASCII, which the pretraining text does not have: a reader must count them right.
enum Names {
  static let accented = Nouns.words("Zoë José Chloé Björn Łukasz Søren Şirin Inês Jürgen Anaïs")

  /// Full names. The second to last is spelled with a combining accent: two code points, one visible letter.
  static let full = [
    "José Núñez", "Zofia Ångström", "Łukasz Dvořák", "Mary Whitfield", "Björn Sæther", "Clara Holt", "Jürgen Groß",
    "Inês Conceição", "Peter Marsh", "Anaïs Lefèvre", "Rene\u{301} Blanc", "Simon O'Hare",
  ]

  /// Towns that exist only here.
  static let towns = [
    "Vörsund", "Çamdere", "Østerhavn", "Kærby", "Dvořany", "Whitemoor", "Pâlemont", "Ashwell Green", "Lúnavík",
    "Saint-Érème", "Oakhampton", "Tîrgova",
  ]
}
