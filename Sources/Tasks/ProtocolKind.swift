/// How a model is trained and scored on a task. The `--protocol` of the command line.
package enum ProtocolKind: String, CaseIterable, Sendable {
  /// A classifier's logits, one for each label.
  case classification
  /// One number.
  case regression
  /// A start and an end in a passage.
  case span
  /// A score for each choice, by a head that reads text and choice.
  case multipleChoice = "multiple-choice"
  /// How likely a language model finds each choice after the context.
  case likelihood
  /// What a language model writes after the prompt.
  case generation
}

extension BenchmarkTask {
  /// The protocols that can score the task, the usual one first.
  package var protocols: [ProtocolKind] {
    switch kind {
    case .classification: likelihood == nil ? [.classification] : [.classification, .likelihood]
    case .regression: [.regression]
    case .multipleChoice: likelihood == nil ? [.multipleChoice] : [.multipleChoice, .likelihood]
    case .span: [.span]
    case .text: [.generation]
    }
  }
}
