/// Grammatical number.
package enum Number: Sendable, CaseIterable {
  case singular, plural
  package var other: Number { self == .singular ? .plural : .singular }
}

/// The gender of the pronoun that a phrase takes in the singular.
package enum Gender: Sendable { case masculine, feminine, neuter }

/// A count noun with its singular and plural.
package struct Noun: Sendable {
  package let singular: String
  package let plural: String
  /// `nil` for a word that does not determine the gender, such as "teacher".
  package let gender: Gender?

  package func form(_ number: Number) -> String { number == .singular ? singular : plural }

  /// Reads a word list that white space separates. `child/children` gives both forms; a lone word, such as `box`, takes
  /// the regular plural.
  static func list(_ text: String, gender: Gender?) -> [Noun] {
    text.split(whereSeparator: \.isWhitespace).map { entry in
      let forms = entry.split(separator: "/").map(String.init)
      return Noun(singular: forms[0], plural: forms.count > 1 ? forms[1] : Spelling.withS(forms[0]), gender: gender)
    }
  }
}
