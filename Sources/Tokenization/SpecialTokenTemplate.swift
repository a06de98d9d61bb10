/// The special tokens around one text and around a pair, with token type ids.
///
/// For instance, BERT's template for one text is `[CLS] A [SEP]`.
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

  /// The number of special tokens added to one text, or to a pair.
  package func specialTokens(pair isPair: Bool) -> Int {
    (isPair ? pair : single).count { if case .special = $0 { true } else { false } }
  }

  /// The template without special tokens: `A` and `A B`, where the second text has type id 1.
  package static let plain = SpecialTokenTemplate(
    single: [.sequence(index: 0, typeID: 0)], pair: [.sequence(index: 0, typeID: 0), .sequence(index: 1, typeID: 1)])

  /// BERT's template: `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, where `B [SEP]` has type id 1.
  package static func bert(cls: Int32, sep: Int32) -> SpecialTokenTemplate {
    let single: [Part] = [
      .special(id: cls, typeID: 0), .sequence(index: 0, typeID: 0), .special(id: sep, typeID: 0),
    ]
    return SpecialTokenTemplate(
      single: single, pair: single + [.sequence(index: 1, typeID: 1), .special(id: sep, typeID: 1)])
  }

  /// RoBERTa's template: `<s> A </s>` and `<s> A </s> </s> B </s>`, where all tokens have type id 0.
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

  /// The template of LLaMA and GPT-2: BOS before and EOS after each text, where given. The second text has type id 1.
  package static func boundaries(bos: Int32?, eos: Int32?) -> SpecialTokenTemplate {
    func text(_ index: Int) -> [Part] {
      let type = Int32(index)
      return (bos.map { [.special(id: $0, typeID: type)] } ?? []) + [.sequence(index: index, typeID: type)]
        + (eos.map { [.special(id: $0, typeID: type)] } ?? [])
    }
    return SpecialTokenTemplate(single: text(0), pair: text(0) + text(1))
  }
}
