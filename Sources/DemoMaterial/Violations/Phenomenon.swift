/// The ways in which a sentence is broken, after CoLA's.
///
/// Each is balanced: over its draws the broken members hold the same words at the same rates, and the same lengths, as the
/// right ones, so that neither tells the label. Either the two are one bag of words in another order, or one of two choices
/// is crossed with another ("is/are" with singular and plural subjects).
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
  /// Draws one pair, within a larger sentence one time in three.
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
