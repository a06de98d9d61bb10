/// What a task asks for. Each kind has its answers and predictions here, and its training and scoring in
/// `Training/Protocols`.
package enum TaskKind: String, CaseIterable, Sendable {
  /// One of several labels for a text or a pair of texts.
  case classification
  /// A number for a text or a pair of texts.
  case regression

  /// Whether `task.yaml` lists the labels that an answer is one of.
  var hasLabels: Bool {
    switch self {
    case .classification: true
    case .regression: false
    }
  }

  /// Reads the text of an answer as a data file has it.
  ///
  /// - Parameter values: the texts of the task's labels, in their order.
  /// - Returns: `nil` where it is no answer.
  func answer(_ field: some Collection<UInt8>, values: [[UInt8]]) -> Answer? {
    switch self {
    case .classification: values.firstIndex { $0.elementsEqual(field) }.map(Answer.label)
    case .regression: Double(String(decoding: field, as: UTF8.self)).flatMap { $0.isFinite ? .number($0) : nil }
    }
  }

  /// What ``answer(_:values:)`` reads, for messages.
  func expected(_ values: [[UInt8]]) -> String {
    switch self {
    case .classification: values.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " or ")
    case .regression: "a number such as 3.8"
    }
  }
}

/// The right answer of an example.
package enum Answer: Sendable, Equatable {
  /// Position in ``BenchmarkTask/labels``.
  case label(Int)
  case number(Double)
}

/// What a model says of an example.
package enum Prediction: Sendable, Equatable {
  /// Position in ``BenchmarkTask/labels``, and one logit for each label in that order.
  case label(Int, logits: [Float])
  case number(Float)
  /// Of a language model: the negative log-likelihood of some text, in nats, and the tokens that were predicted.
  case likelihood(nats: Double, tokens: Int)

  package var isFinite: Bool {
    switch self {
    case .label(_, let logits): logits.allSatisfy(\.isFinite)
    case .number(let number): number.isFinite
    case .likelihood(let nats, _): nats.isFinite
    }
  }

  /// Whether all of them are one label or number: a model that has learnt nothing.
  package static func areOneLabel(_ predictions: [Prediction]) -> Bool {
    switch predictions.first {
    case .label(let first, _)?: predictions.allSatisfy { if case .label(first, _) = $0 { true } else { false } }
    case .number?: predictions.allSatisfy { $0 == predictions.first }
    default: false
    }
  }
}
