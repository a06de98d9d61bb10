/// How a metric comes from predictions and answers. This decides how its standard error is found.
enum MetricScoring: Sendable {
  /// The share of examples for which something holds. An example that the metric leaves out has no entry.
  case share(@Sendable ([Prediction], [Answer]) -> [Bool])
  /// The mean of one number for each example.
  case mean(@Sendable ([Prediction], [Answer]) -> [Double])
  /// A number that is no mean over the examples.
  case statistic(@Sendable ([Prediction], [Answer]) -> any ResampledStatistic)

  /// The score; 0 for a share or mean of nothing.
  func score(_ predictions: [Prediction], _ answers: [Answer]) -> Double {
    switch self {
    case .share(let holds):
      let holds = holds(predictions, answers)
      return holds.isEmpty ? 0 : Double(holds.count { $0 }) / Double(holds.count)
    case .mean(let values):
      let values = values(predictions, answers)
      return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    case .statistic(let make): return make(predictions, answers).value
    }
  }

  func standardError(_ predictions: [Prediction], _ answers: [Answer]) -> StandardError? {
    switch self {
    case .share(let holds): .binomial(holds(predictions, answers))
    case .mean(let values): .normal(values(predictions, answers))
    case .statistic(let make): .bootstrap(make(predictions, answers))
    }
  }
}
