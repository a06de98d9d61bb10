/// What a task asks for. This file defines the answers and predictions of each kind; `Training/Protocols` defines how a
/// kind is trained and scored.
package enum TaskKind: String, CaseIterable, Sendable {
  /// The task asks for one of several labels for a text or a pair of texts.
  case classification
  /// The task asks for a number for a text or a pair of texts.
  case regression
  /// The task asks which of several texts, which differ from example to example, is the right one.
  case multipleChoice = "multiple-choice"
  /// The task asks for the part of a passage that answers a question.
  case span
  /// The task asks for a text that follows a prompt.
  case text

  /// Whether an answer is one of the labels that `task.yaml` lists.
  var hasLabels: Bool { self == .classification }
}

/// The right answer of an example.
package enum Answer: Sendable, Equatable {
  /// Position in ``BenchmarkTask/labels``, or of the right choice among an example's choices.
  case label(Int)
  case number(Double)
  /// The right answers of a question on a passage, of which any one counts; empty where the passage holds none.
  case spans([AnswerSpan])
  case text([UInt8])
}

/// An answer that stands in a passage.
package struct AnswerSpan: Sendable, Equatable {
  package let text: [UInt8]
  /// Where the answer begins in the passage, in bytes. Official files count Unicode code points.
  package let start: Int

  package init(text: [UInt8], start: Int) { (self.text, self.start) = (text, start) }
}

/// The prediction of a model for an example.
package enum Prediction: Sendable, Equatable {
  /// Position in ``BenchmarkTask/labels`` or among an example's choices, and one logit for each in that order.
  case label(Int, logits: [Float])
  case number(Float)
  /// How likely a language model finds each choice of an example.
  case choices([ChoiceScore])
  case span(SpanPrediction)
  case generated(GeneratedText)
  /// A language model's negative log-likelihood of some text, in nats, and the number of predicted tokens.
  case likelihood(nats: Double, tokens: Int)

  package var isFinite: Bool {
    switch self {
    case .label(_, let logits): logits.allSatisfy(\.isFinite)
    case .number(let number): number.isFinite
    case .choices(let scores): scores.allSatisfy(\.logLikelihood.isFinite)
    case .span(let span): span.best.allSatisfy(\.score.isFinite) && (span.nullScore?.isFinite ?? true)
    case .generated: true
    case .likelihood(let nats, _): nats.isFinite
    }
  }

  /// The position of the predicted label or choice; `nil` for predictions of other kinds. Of equal likelihoods, the
  /// first counts.
  package var label: Int? {
    switch self {
    case .label(let label, _): label
    case .choices(let scores): scores.map(\.logLikelihood).indexOfFirstLargest
    default: nil
    }
  }

  /// Whether all predictions are the same label, position or number, as those of a model that has learnt nothing. One
  /// prediction alone says nothing of that.
  package static func areOne(_ predictions: [Prediction]) -> Bool {
    guard predictions.count > 1 else { return false }
    return switch predictions.first {
    case .label?, .choices?: predictions.allSatisfy { $0.label == predictions.first?.label }
    case .number?: predictions.allSatisfy { $0 == predictions.first }
    default: false
    }
  }
}

/// How likely a language model finds one choice after its context.
package struct ChoiceScore: Sendable, Equatable {
  /// Σ log p over the choice's tokens, in nats.
  package let logLikelihood: Double
  /// Number of tokens of the choice.
  package let tokens: Int
  /// Length of the choice in Unicode code points, without the blank between context and choice.
  package let characters: Int
  /// Length of the choice in bytes, likewise.
  package let bytes: Int

  package init(logLikelihood: Double, tokens: Int, characters: Int, bytes: Int) {
    (self.logLikelihood, self.tokens) = (logLikelihood, tokens)
    (self.characters, self.bytes) = (characters, bytes)
  }
}

/// The answers to a question that a model finds best in a passage.
package struct SpanPrediction: Sendable, Equatable {
  package struct Candidate: Sendable, Equatable {
    package let text: [UInt8]
    /// The sum of the logits of start and end.
    package let score: Float
    package let probability: Double

    package init(text: [UInt8], score: Float, probability: Double) {
      (self.text, self.score, self.probability) = (text, score, probability)
    }
  }

  /// The predicted answer; empty where the model says that the passage holds none.
  package let text: [UInt8]
  /// The candidates, best first. An empty text stands for no answer.
  package let best: [Candidate]
  /// The score of no answer less that of the best answer; `nil` where every question has an answer.
  package let nullScore: Float?

  package init(text: [UInt8], best: [Candidate], nullScore: Float?) {
    (self.text, self.best, self.nullScore) = (text, best, nullScore)
  }
}

/// What a language model wrote after a prompt.
package struct GeneratedText: Sendable, Equatable {
  /// The text without special tokens.
  package let text: [UInt8]
  package let tokens: [Int32]
  /// The answer that was read from the text; `nil` where the text holds none.
  package let extracted: [UInt8]?

  package init(text: [UInt8], tokens: [Int32], extracted: [UInt8]?) {
    (self.text, self.tokens, self.extracted) = (text, tokens, extracted)
  }
}

extension Array where Element: Comparable {
  /// The index of the largest element, the first of equal ones; `nil` for an empty array.
  package var indexOfFirstLargest: Int? {
    indices.dropFirst().reduce(indices.first) { best, index in best.map { self[index] > self[$0] ? index : $0 } }
  }
}
