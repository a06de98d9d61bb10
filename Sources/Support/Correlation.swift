/// Correlation of two lists of numbers, as `scipy.stats.pearsonr` and `spearmanr`.
///
/// Where those are undefined and scipy returns NaN (fewer than two values, or a side that is constant), the result is 0:
/// such numbers tell nothing of one another. A NaN among the values makes the result NaN.
package enum Correlation {
  /// - Precondition: as many values on both sides.
  package static func pearson(_ left: [Double], _ right: [Double]) -> Double {
    precondition(left.count == right.count)
    guard left.count >= 2 else { return 0 }
    guard !left.contains(where: \.isNaN), !right.contains(where: \.isNaN) else { return .nan }
    guard !isConstant(left), !isConstant(right) else { return 0 }
    let (a, b) = (centred(left), centred(right))
    let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    return min(1, max(-1, product))
  }

  /// Pearson's correlation of the ranks, ties sharing the mean of theirs.
  ///
  /// - Precondition: as many values on both sides.
  package static func spearman(_ left: [Double], _ right: [Double]) -> Double {
    guard !left.contains(where: \.isNaN), !right.contains(where: \.isNaN) else { return .nan }
    return pearson(ranks(left), ranks(right))
  }

  private static func isConstant(_ values: [Double]) -> Bool { values.allSatisfy { $0 == values[0] } }

  /// Values less their mean, scaled to length one.
  private static func centred(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let shifted = values.map { $0 - mean }
    // Scaled by the largest first, so that squares neither overflow nor vanish.
    let largest = shifted.reduce(0) { max($0, abs($1)) }
    guard largest > 0 else { return shifted }
    let norm = largest * shifted.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
    return shifted.map { $0 / norm }
  }

  /// Ranks from 1.
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
}
