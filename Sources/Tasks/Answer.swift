/// What a task asks for. Each kind has its answers and predictions here, and its training and scoring in
/// `Training/Protocols`.
package enum TaskKind: String, CaseIterable, Sendable {
  /// One of several labels for a text or a pair of texts.
  case classification

  /// Whether `task.yaml` lists the labels that an answer is one of.
  var hasLabels: Bool {
    switch self {
    case .classification: true
    }
  }

  /// Reads the text of an answer as a data file has it.
  ///
  /// - Parameter values: the texts of the task's labels, in their order.
  /// - Returns: `nil` where it is no answer.
  func answer(_ field: some Collection<UInt8>, values: [[UInt8]]) -> Answer? {
    switch self {
    case .classification: values.firstIndex { $0.elementsEqual(field) }.map(Answer.label)
    }
  }

  /// What ``answer(_:values:)`` reads, for messages.
  func expected(_ values: [[UInt8]]) -> String {
    switch self {
    case .classification: values.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " or ")
    }
  }
}

/// The right answer of an example.
package enum Answer: Sendable, Equatable {
  /// Position in ``BenchmarkTask/labels``.
  case label(Int)
}

/// What a model says of an example.
package enum Prediction: Sendable, Equatable {
  /// Position in ``BenchmarkTask/labels``, and one logit for each label in that order.
  case label(Int, logits: [Float])
  /// Of a language model: the negative log-likelihood of some text, in nats, and the tokens that were predicted.
  case likelihood(nats: Double, tokens: Int)

  package var isFinite: Bool {
    switch self {
    case .label(_, let logits): logits.allSatisfy(\.isFinite)
    case .likelihood(let nats, _): nats.isFinite
    }
  }

  /// Whether all of them are one label: a model that has learnt nothing.
  package static func areOneLabel(_ predictions: [Prediction]) -> Bool {
    guard case .label(let first, _)? = predictions.first else { return false }
    return predictions.allSatisfy { if case .label(first, _) = $0 { true } else { false } }
  }
}
