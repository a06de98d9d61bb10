import Support
import Tasks
import TestSupport
import Testing

/// Predictions and answers of `Tests/Fixtures/metrics.json`, beside what the references make of them.
struct MetricFixture {
  enum Section: String, CaseIterable {
    case classes, numbers, choices, texts, spans

    var kind: TaskKind {
      switch self {
      case .classes: .classification
      case .numbers: .regression
      case .choices: .multipleChoice
      case .texts: .text
      case .spans: .span
      }
    }
  }

  let entry: JSON
  let metrics: [Metric]
  let predictions: [Prediction]
  let answers: [Answer]

  static func file() throws -> JSON { try JSON.parse(Files.read(SharedData.fixture("metrics.json"))) }

  static func all(_ section: Section) throws -> [MetricFixture] {
    let entries = try #require(try file()[section.rawValue]?.array)
    #expect(entries.count >= 3)
    return try entries.map { entry in
      let (predictions, answers) =
        switch section {
        case .classes: try classes(entry)
        case .numbers: try numbers(entry)
        case .choices: try choices(entry)
        case .texts: try texts(entry)
        case .spans: try spans(entry)
        }
      #expect(predictions.count == answers.count && !answers.isEmpty)
      let metrics = Metric.all.filter { $0.kinds.contains(section.kind) }
      return MetricFixture(entry: entry, metrics: metrics, predictions: predictions, answers: answers)
    }
  }

  /// Whether a label other than the first two occurs.
  var hasMoreLabels: Bool {
    predictions.contains { ($0.label ?? 0) > 1 }
      || answers.contains { if case .label(2...) = $0 { true } else { false } }
  }

  /// The members of an object of the entry; none where it is absent.
  func values(_ key: String) -> [(String, JSON)] {
    entry[key]?.object?.members.map { ($0.key.description, $0.value) } ?? []
  }

  private static func list(_ entry: JSON, _ key: String) throws -> [JSON] { try #require(entry[key]?.array) }

  private static func classes(_ entry: JSON) throws -> ([Prediction], [Answer]) {
    (
      try list(entry, "predictions").map { .label(try #require($0.integer), logits: []) },
      try list(entry, "labels").map { .label(try #require($0.integer)) }
    )
  }

  private static func numbers(_ entry: JSON) throws -> ([Prediction], [Answer]) {
    (
      try list(entry, "predictions").map { .number(Float(try #require($0.double))) },
      try list(entry, "answers").map { .number(try #require($0.double)) }
    )
  }

  private static func choices(_ entry: JSON) throws -> ([Prediction], [Answer]) {
    let examples = try list(entry, "examples")
    return (
      try examples.map { example in
        .choices(
          try zip(list(example, "log_likelihoods"), list(example, "characters")).map { score, characters in
            let characters = try #require(characters.integer)
            return ChoiceScore(
              logLikelihood: try #require(score.double), tokens: 1, characters: characters, bytes: characters)
          })
      }, try examples.map { .label(try #require($0["gold"]?.integer)) }
    )
  }

  private static func texts(_ entry: JSON) throws -> ([Prediction], [Answer]) {
    let examples = try list(entry, "examples")
    return (
      try examples.map {
        .generated(
          GeneratedText(
            text: try #require($0["text"]?.bytes).bytes, tokens: [], extracted: $0["extracted"]?.bytes?.bytes))
      }, try examples.map { .text(try #require($0["answer"]?.bytes).bytes) }
    )
  }

  private static func spans(_ entry: JSON) throws -> ([Prediction], [Answer]) {
    let nulls = entry["null_scores"]?.array?.compactMap(\.double)
    return (
      try list(entry, "predictions").enumerated().map { index, text in
        .span(
          SpanPrediction(text: try #require(text.bytes).bytes, best: [], nullScore: nulls.map { Float($0[index]) }))
      },
      try list(entry, "golds").map { golds in
        .spans(try #require(golds.array).map { AnswerSpan(text: try #require($0.bytes).bytes, start: 0) })
      }
    )
  }
}
