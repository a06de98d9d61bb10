/// The standard deviation that a score would have over samples of examples of the same size.
package struct StandardError: Sendable, Equatable {
  package enum Method: String, Sendable {
    /// √(p(1 − p)/(n − 1)) for a share p of n examples, as lm-evaluation-harness has it.
    case binomial
    /// The sample's standard deviation divided by √n, for a mean over n examples.
    case normal
    /// The standard deviation of the score over resamples of the examples (Efron, 1979).
    case bootstrap
  }

  package let value: Double
  package let method: Method

  /// `nil` for a value that is not finite, as that of a model whose predictions are not.
  private init?(_ value: Double, _ method: Method) {
    guard value.isFinite else { return nil }
    (self.value, self.method) = (value, method)
  }

  static func binomial(_ holds: [Bool]) -> StandardError? {
    guard holds.count >= 2 else { return nil }
    let share = Double(holds.count { $0 }) / Double(holds.count)
    return StandardError((share * (1 - share) / Double(holds.count - 1)).squareRoot(), .binomial)
  }

  static func normal(_ values: [Double]) -> StandardError? {
    guard values.count >= 2 else { return nil }
    return StandardError(sampleDeviation(values) / Double(values.count).squareRoot(), .normal)
  }

  static func bootstrap(_ statistic: any ResampledStatistic) -> StandardError? {
    guard statistic.count >= 2 else { return nil }
    return StandardError(sampleDeviation(Bootstrap.values(of: statistic)), .bootstrap)
  }

  /// √(Σ(x − mean)²/(n − 1)).
  private static func sampleDeviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }
}
