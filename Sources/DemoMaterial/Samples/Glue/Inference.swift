/// What follows from a premise.
enum Entailment: String, CaseIterable {
  case entailment, neutral, contradiction
}

/// A premise, a hypothesis, and whether it follows by the way that both were made.
struct Inference {
  var premise: String
  var hypothesis: String
  let label: Entailment
}

extension Grammar {
  /// An event whose agent has, now and then, a name with letters outside ASCII.
  mutating func scene() -> Event {
    var event = self.event()
    if chance(10) { event.agent = NounPhrase(words: [pick(Names.accented)], number: .singular, gender: nil) }
    return event
  }

  /// A premise and a hypothesis. What is told in fewer words follows, what is told in more words may or may not be so,
  /// and a sentence contradicts its negation. Premises are negated too, so that "not" alone gives no label away.
  mutating func inference(_ label: Entailment) -> Inference {
    var event = scene()
    while event.receiver != nil { event = scene() }
    var placeless = event
    placeless.place = []
    if label == .neutral { return Inference(premise: told(placeless).text, hypothesis: told(event).text, label: label) }
    let be = event.object.number == .singular ? "was" : "were"
    let active = Sentence(event.agent.words + ["did", "not", event.verb.base] + event.object.words + event.place).text
    let passive = Sentence(
      event.object.words + [be, "not", event.verb.participle, "by"] + event.agent.words + event.place
    ).text
    switch (label, chance(50)) {
    case (.contradiction, true): return Inference(premise: told(event).text, hypothesis: active, label: label)
    case (.contradiction, false): return Inference(premise: passive, hypothesis: told(event).text, label: label)
    case (_, true): return Inference(premise: told(event).text, hypothesis: told(placeless).text, label: label)
    case (_, false): return Inference(premise: active, hypothesis: passive, label: label)
    }
  }

  /// `count` inferences with the labels in turn, and premises that no other split has.
  mutating func inferences(_ count: Int, _ used: inout Set<String>) -> [Inference] {
    distinct(count, &used, key: \.premise) { grammar, index in
      grammar.inference(Entailment.allCases[index % Entailment.allCases.count])
    }
  }
}
