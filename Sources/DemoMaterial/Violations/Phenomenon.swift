/// The kinds of grammatical violation, modelled on CoLA's.
///
/// Neither words nor lengths may give the label away, so each phenomenon is balanced: over many draws the wrong members
/// have the same words at the same rates, and the same lengths, as the right ones. Either both members of a pair have
/// the same words in another order, or two choices are crossed, e.g. "is" and "are" with singular and plural subjects.
package enum Phenomenon: String, Sendable, CaseIterable {
  case agreement, attractor, relativeAgreement, existential
  case reflexive, pronounCase
  case transitivity, dative, complement, preposition, passive
  case auxiliaryForm, auxiliaryOrder, auxiliaryCount
  case wordOrder, inversion
  case questionGap, embeddedGap, relativeGap, relativePronoun
  case determiner, quantity, polarity
}

extension Grammar {
  /// Draws one pair. About one in three pairs of statements is put into a larger sentence.
  package mutating func pair(_ phenomenon: Phenomenon) -> MinimalPair { framed(core(phenomenon)) }

  private mutating func core(_ phenomenon: Phenomenon) -> MinimalPair {
    switch phenomenon {
    case .agreement: agreement()
    case .attractor: attractor()
    case .relativeAgreement: relativeAgreement()
    case .existential: existential()
    case .reflexive: reflexive()
    case .pronounCase: pronounCase()
    case .transitivity: transitivity()
    case .dative: dative()
    case .complement: complement()
    case .preposition: preposition()
    case .passive: passive()
    case .auxiliaryForm: auxiliaryForm()
    case .auxiliaryOrder: auxiliaryOrder()
    case .auxiliaryCount: auxiliaryCount()
    case .wordOrder: wordOrder()
    case .inversion: inversion()
    case .questionGap: questionGap()
    case .embeddedGap: embeddedGap()
    case .relativeGap: relativeGap()
    case .relativePronoun: relativePronoun()
    case .determiner: determinerNumber()
    case .quantity: quantity()
    case .polarity: polarity()
    }
  }
}
