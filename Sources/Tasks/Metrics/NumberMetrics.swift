import Support

extension Metric {
  /// Pearson's correlation of predicted and right numbers. It is 0 where either side is constant; SciPy says NaN there.
  static let pearson = Metric(
    "pearson", kinds: [.regression],
    .statistic { predictions, answers in
      let (predicted, right) = numbers(predictions, answers)
      return PearsonStatistic(predicted, right)
    })

  /// Spearman's correlation: Pearson's of the ranks, where equal numbers share the mean of their ranks. It is 0 where
  /// either side is constant; SciPy says NaN there.
  static let spearman = Metric(
    "spearman", kinds: [.regression],
    .statistic { predictions, answers in
      let (predicted, right) = numbers(predictions, answers)
      return SpearmanStatistic(predicted, right)
    })

  static let meanSquaredError = Metric(
    "mean_squared_error", isHigherBetter: false, kinds: [.regression],
    .mean { predictions, answers in
      let (predicted, right) = numbers(predictions, answers)
      return zip(predicted, right).map { ($0 - $1) * ($0 - $1) }
    })

  private static func numbers(_ predictions: [Prediction], _ answers: [Answer]) -> ([Double], [Double]) {
    let pairs = zip(predictions, answers).map { prediction, answer in
      guard case .number(let predicted) = prediction, case .number(let right) = answer else {
        preconditionFailure("a metric of numbers got none")
      }
      return (Double(predicted), right)
    }
    return (pairs.map(\.0), pairs.map(\.1))
  }
}
