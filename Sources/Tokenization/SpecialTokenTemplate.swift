/// Which special tokens go around one text and around a pair, with their token type ids.
package struct SpecialTokenTemplate: Sendable, Equatable {
  package enum Part: Sendable, Equatable {
    case special(id: Int32, typeID: Int32)
    /// The tokens of text `index`, 0 or 1.
    case sequence(index: Int, typeID: Int32)
  }

  package var single: [Part]
  package var pair: [Part]

  package init(single: [Part], pair: [Part]) {
    self.single = single
    self.pair = pair
  }

  /// Special tokens added to one text, or to a pair.
  package func specialTokens(pair isPair: Bool) -> Int {
    (isPair ? pair : single).count { if case .special = $0 { true } else { false } }
  }

  /// No special tokens; a pair is joined as it is, the second text with type id 1.
  package static let plain = SpecialTokenTemplate(
    single: [.sequence(index: 0, typeID: 0)], pair: [.sequence(index: 0, typeID: 0), .sequence(index: 1, typeID: 1)])

  /// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, the second text with type id 1 (BERT).
  package static func bert(cls: Int32, sep: Int32) -> SpecialTokenTemplate {
    let single: [Part] = [
      .special(id: cls, typeID: 0), .sequence(index: 0, typeID: 0), .special(id: sep, typeID: 0),
    ]
    return SpecialTokenTemplate(
      single: single, pair: single + [.sequence(index: 1, typeID: 1), .special(id: sep, typeID: 1)])
  }

  /// `<s> A </s>` and `<s> A </s> </s> B </s>`, all of type id 0 (RoBERTa).
  package static func roberta(cls: Int32, sep: Int32) -> SpecialTokenTemplate {
    let single: [Part] = [
      .special(id: cls, typeID: 0), .sequence(index: 0, typeID: 0), .special(id: sep, typeID: 0),
    ]
    return SpecialTokenTemplate(
      single: single,
      pair: single + [
        .special(id: sep, typeID: 0), .sequence(index: 1, typeID: 0), .special(id: sep, typeID: 0),
      ])
  }

  /// BOS before and EOS after each text, where given (LLaMA, GPT-2).
  package static func boundaries(bos: Int32?, eos: Int32?) -> SpecialTokenTemplate {
    func text(_ index: Int) -> [Part] {
      let type = Int32(index)
      return (bos.map { [.special(id: $0, typeID: type)] } ?? []) + [.sequence(index: index, typeID: type)]
        + (eos.map { [.special(id: $0, typeID: type)] } ?? [])
    }
    return SpecialTokenTemplate(single: text(0), pair: text(0) + text(1))
  }
}
