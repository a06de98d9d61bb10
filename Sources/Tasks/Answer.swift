/// What a task asks for. This file defines the answers and predictions of each kind; `Training/Protocols` defines how a
/// kind is trained and scored.
package enum TaskKind: String, CaseIterable, Sendable {
  /// The task asks for one of several labels for a text or a pair of texts.
  case classification

  /// Whether an answer is one of the labels that `task.yaml` lists.
  var hasLabels: Bool {
    switch self {
    case .classification: true
    }
  }

  /// Reads an answer from a field of a data file.
  ///
  /// - Parameter values: the text that stands for each label in data files, in the order of the labels.
  /// - Returns: `nil` where the field is no answer.
  func answer(_ field: some Collection<UInt8>, values: [[UInt8]]) -> Answer? {
    switch self {
    case .classification: values.firstIndex { $0.elementsEqual(field) }.map(Answer.label)
    }
  }

  /// The fields that ``answer(_:values:)`` accepts, for messages: `0 or 1`.
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

/// The prediction of a model for an example.
package enum Prediction: Sendable, Equatable {
  /// Position in ``BenchmarkTask/labels``, and one logit for each label in that order.
  case label(Int, logits: [Float])
  /// A language model's negative log-likelihood of some text, in nats, and the number of predicted tokens.
  case likelihood(nats: Double, tokens: Int)

  package var isFinite: Bool {
    switch self {
    case .label(_, let logits): logits.allSatisfy(\.isFinite)
    case .likelihood(let nats, _): nats.isFinite
    }
  }

  /// Whether all predictions are the same label, as those of a model that has learnt nothing.
  package static func areOneLabel(_ predictions: [Prediction]) -> Bool {
    guard case .label(let first, _)? = predictions.first else { return false }
    return predictions.allSatisfy { if case .label(first, _) = $0 { true } else { false } }
  }
}
