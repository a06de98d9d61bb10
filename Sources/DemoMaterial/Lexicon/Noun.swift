/// Grammatical number.
package enum Number: Sendable, CaseIterable {
  case singular, plural
  package var other: Number { self == .singular ? .plural : .singular }
}

/// What pronoun a phrase takes in the singular.
package enum Gender: Sendable { case masculine, feminine, neuter }

/// A count noun with both its forms.
package struct Noun: Sendable {
  package let singular: String
  package let plural: String
  /// Nil where the word says nothing of it ("teacher").
  package let gender: Gender?

  package func form(_ number: Number) -> String { number == .singular ? singular : plural }

  /// Reads a word list: `child/children` gives both forms, a lone word takes the regular plural.
  static func list(_ text: String, gender: Gender?) -> [Noun] {
    text.split(whereSeparator: \.isWhitespace).map { entry in
      let forms = entry.split(separator: "/").map(String.init)
      return Noun(singular: forms[0], plural: forms.count > 1 ? forms[1] : Spelling.withS(forms[0]), gender: gender)
    }
  }
}
