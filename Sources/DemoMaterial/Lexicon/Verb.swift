/// The inflected forms of a verb: "see", "sees", "saw", "seen", "seeing".
package enum VerbForm: Sendable, CaseIterable { case base, third, past, participle, progressive }

/// A verb with all its forms.
package struct Verb: Sendable {
  package let base: String
  package let third: String
  package let past: String
  package let participle: String
  package let progressive: String

  package func form(_ form: VerbForm) -> String {
    switch form {
    case .base: base
    case .third: third
    case .past: past
    case .participle: participle
    case .progressive: progressive
    }
  }

  /// The present of the third person: "sees" in the singular, "see" in the plural.
  package func present(_ number: Number) -> String { number == .singular ? third : base }

  /// Reads a word list that white space separates.
  ///
  /// - `repair`: a regular verb.
  /// - `grab+b`: a regular verb that doubles its last letter, as in "grabbed".
  /// - `fall/fell/fallen`: base, past and participle; the third person and the progressive are regular.
  /// - `die/died/died/dying`: the same with an irregular progressive.
  static func list(_ text: String) -> [Verb] {
    text.split(whereSeparator: \.isWhitespace).map { entry in
      let forms = entry.split(separator: "/").map(String.init)
      let stem = forms[0].split(separator: "+").map(String.init)
      let base = stem[0]
      let doubled = stem.count > 1 ? base + stem[1] : base
      let regular = stem.count > 1 ? doubled + "ed" : Spelling.past(base)
      let progressive = stem.count > 1 ? doubled + "ing" : Spelling.progressive(base)
      return Verb(
        base: base, third: Spelling.withS(base), past: forms.count > 1 ? forms[1] : regular,
        participle: forms.count > 2 ? forms[2] : regular, progressive: forms.count > 3 ? forms[3] : progressive)
    }
  }
}
