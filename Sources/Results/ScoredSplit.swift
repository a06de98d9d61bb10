import Support

/// The scores of a model on one split, with what tells how far they may be believed.
package struct ScoredSplit: Sendable {
  package let split: String
  package let metrics: MetricValues
  /// The standard error of each metric that has one.
  package let standardErrors: MetricValues
  /// How each standard error was found: `binomial`, `normal` or `bootstrap`.
  package let methods: [(name: String, method: String)]
  /// What a model would score that always gives the most frequent answer.
  package let baselines: MetricValues

  package init(
    split: String, metrics: MetricValues, standardErrors: MetricValues = [],
    methods: [(name: String, method: String)] = [], baselines: MetricValues = []
  ) {
    (self.split, self.metrics, self.standardErrors) = (split, metrics, standardErrors)
    (self.methods, self.baselines) = (methods, baselines)
  }

  /// An object of the values of each split, e.g. `{"dev": {"accuracy": 0.81}}`.
  package static func json(_ splits: [ScoredSplit], _ values: (ScoredSplit) -> MetricValues) -> JSON {
    .object(JSONObject(splits.map { .init(ByteString($0.split), RunRecord.json(values($0))) }))
  }

  /// How the standard errors of each metric were found, e.g. `{"accuracy": "binomial"}`.
  package static func methods(_ splits: [ScoredSplit]) -> JSON {
    .object(JSONObject((splits.first?.methods ?? []).map { .init(ByteString($0.name), .text($0.method)) }))
  }
}
