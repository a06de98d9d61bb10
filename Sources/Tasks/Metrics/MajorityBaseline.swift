/// What a model would score that has learnt nothing but which answer is the most frequent. A score without this number
/// beside it says little.
package enum MajorityBaseline {
  /// The score of predicting one answer for every example.
  ///
  /// That answer is, of equally frequent ones the first:
  /// - the most frequent label, for classification;
  /// - the most frequent position, for multiple choice;
  /// - the mean, for regression, whose correlation with anything is 0;
  /// - no answer, for spans where some question has none; other spans have no baseline;
  /// - the most frequent answer, for texts.
  ///
  /// The answer is found from the split that is scored, not from train: then a run and a later evaluation of its model
  /// name the same number, and no guess of one answer can score more.
  ///
  /// - Parameter answers: the right answers of the split that is scored.
  /// - Returns: `nil` where there is nothing to compare with.
  package static func score(_ metric: Metric, answers: [Answer]) -> Double? {
    guard metric.usesAnswers, !answers.isEmpty else { return nil }
    guard let prediction = prediction(answers, isVersion2: answers.contains(.spans([]))) else { return nil }
    return metric.score(Array(repeating: prediction, count: answers.count), answers)
  }

  private static func prediction(_ seen: [Answer], isVersion2: Bool) -> Prediction? {
    switch seen.first {
    case .label?:
      let labels = seen.compactMap { if case .label(let label) = $0 { label } else { nil } }
      return mostFrequent(labels, before: <).map { .label($0, logits: []) }
    case .number?:
      let numbers = seen.compactMap { if case .number(let number) = $0 { number } else { nil } }
      return .number(Float(numbers.reduce(0, +) / Double(numbers.count)))
    case .spans?:
      return isVersion2 ? .span(SpanPrediction(text: [], best: [], nullScore: 0)) : nil
    case .text?:
      let texts = seen.compactMap { if case .text(let text) = $0 { text } else { nil } }
      return mostFrequent(texts) { $0.lexicographicallyPrecedes($1) }.map {
        .generated(GeneratedText(text: $0, tokens: [], extracted: $0))
      }
    case nil: return nil
    }
  }

  private static func mostFrequent<Value: Hashable>(_ values: [Value], before: (Value, Value) -> Bool) -> Value? {
    var counts: [Value: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    return counts.max { $0.value != $1.value ? $0.value < $1.value : before($1.key, $0.key) }?.key
  }
}
