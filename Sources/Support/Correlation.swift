/// Correlation of two lists of numbers, as in `scipy.stats.pearsonr` and `spearmanr`.
///
/// The correlation is undefined for fewer than two values or a constant side. SciPy returns NaN there; these functions
/// return 0, since such numbers say nothing about each other. A NaN among the values makes the result NaN.
package enum Correlation {
  /// Pearson's correlation, from -1 to 1.
  ///
  /// - Precondition: both lists have the same length.
  package static func pearson(_ left: [Double], _ right: [Double]) -> Double {
    precondition(left.count == right.count)
    guard left.count >= 2 else { return 0 }
    guard !left.contains(where: \.isNaN), !right.contains(where: \.isNaN) else { return .nan }
    guard !isConstant(left), !isConstant(right) else { return 0 }
    let (a, b) = (centred(left), centred(right))
    let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    return min(1, max(-1, product))
  }

  /// Pearson's correlation of the ranks; tied values share the mean of their ranks.
  ///
  /// - Precondition: both lists have the same length.
  package static func spearman(_ left: [Double], _ right: [Double]) -> Double {
    guard !left.contains(where: \.isNaN), !right.contains(where: \.isNaN) else { return .nan }
    return pearson(ranks(left), ranks(right))
  }

  private static func isConstant(_ values: [Double]) -> Bool { values.allSatisfy { $0 == values[0] } }

  /// The values minus their mean, scaled to unit length.
  private static func centred(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let shifted = values.map { $0 - mean }
    // Dividing by the largest first keeps the squares from overflowing or vanishing.
    let largest = shifted.reduce(0) { max($0, abs($1)) }
    guard largest > 0 else { return shifted }
    let norm = largest * shifted.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
    return shifted.map { $0 / norm }
  }

  /// Ranks from 1, in the order of the values; tied values share the mean of their ranks.
  package static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for position in start..<end { ranks[order[position]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  /// Matthews correlation in its multiclass form (Gorodkin, 2004), from how often each class is predicted and is right, and
  /// how many predictions are right; 0 where the predictions or the answers are all of one class.
  package static func matthews(predicted: [Double], actual: [Double], hits: Double) -> Double {
    func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let total = actual.reduce(0, +)
    let covariance = hits * total - inner(predicted, actual)
    let spread = (total * total - inner(predicted, predicted)) * (total * total - inner(actual, actual))
    return spread <= 0 ? 0 : covariance / spread.squareRoot()
  }
}
