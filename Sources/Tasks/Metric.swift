/// A score over a split, as scikit-learn computes it; fractions from 0 to 1, correlations from −1.
package enum Metric: String, CaseIterable, Sendable {
  case accuracy
  /// F1 of class 1.
  case f1
  case matthewsCorrelation = "matthews_correlation"

  /// - Parameters:
  ///   - predictions: class of each example.
  ///   - labels: the right ones, as many.
  package func score(predictions: [Int], labels: [Int]) -> Double {
    precondition(predictions.count == labels.count)
    switch self {
    case .accuracy:
      guard !labels.isEmpty else { return 0 }
      return Double(zip(predictions, labels).count { $0 == $1 }) / Double(labels.count)
    case .f1:
      let hits = Double(zip(predictions, labels).count { $0 == 1 && $1 == 1 })
      let total = Double(predictions.count { $0 == 1 } + labels.count { $0 == 1 })
      // Without any positive, scikit-learn's score is 0.
      return total == 0 ? 0 : 2 * hits / total
    case .matthewsCorrelation:
      return Metric.matthews(predictions, labels)
    }
  }

  /// The multiclass form (Gorodkin, 2004), from class counts; 0 when either side is one class.
  private static func matthews(_ predictions: [Int], _ labels: [Int]) -> Double {
    let classes = (predictions + labels).reduce(0) { max($0, $1 + 1) }
    var (predicted, actual) = (Array(repeating: 0.0, count: classes), Array(repeating: 0.0, count: classes))
    for value in predictions { predicted[value] += 1 }
    for value in labels { actual[value] += 1 }
    let (total, hits) = (Double(labels.count), Double(zip(predictions, labels).count { $0 == $1 }))
    func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let covariance = hits * total - inner(predicted, actual)
    let spread = (total * total - inner(predicted, predicted)) * (total * total - inner(actual, actual))
    return spread <= 0 ? 0 : covariance / spread.squareRoot()
  }
}
