import Support

/// Pearson's correlation, of resamples too.
struct PearsonStatistic: ResampledStatistic {
  let value: Double
  private let left: [Double]
  private let right: [Double]

  init(_ left: [Double], _ right: [Double]) {
    value = Correlation.pearson(left, right)
    (self.left, self.right) = (Self.centred(left), Self.centred(right))
  }

  var count: Int { left.count }

  /// The values minus their mean, scaled to at most 1, so that sums of squares lose and overflow nothing.
  private static func centred(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let shifted = values.map { $0 - mean }
    let largest = shifted.reduce(0) { max($0, abs($1)) }
    return largest > 0 ? shifted.map { $0 / largest } : shifted
  }

  func value(of multiplicity: [Int32]) -> Double {
    var (a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for index in multiplicity.indices {
      let (times, x, y) = (Double(multiplicity[index]), left[index], right[index])
      a += times * x
      b += times * y
      aa += times * x * x
      bb += times * y * y
      ab += times * x * y
    }
    let total = Double(count)
    let (spreadA, spreadB) = (aa - a * a / total, bb - b * b / total)
    // What a resample of one value leaves is rounding.
    guard !(spreadA <= 1e-12 * aa), !(spreadB <= 1e-12 * bb) else { return 0 }
    return (ab - a * b / total) / (spreadA * spreadB).squareRoot()
  }
}

/// Spearman's correlation, of resamples too.
///
/// The ranks in a resample follow from the order of all values, which is found once, and from how often each is drawn.
struct SpearmanStatistic: ResampledStatistic {
  let value: Double
  private let left: TiedGroups
  private let right: TiedGroups

  init(_ left: [Double], _ right: [Double]) {
    value = Correlation.spearman(left, right)
    (self.left, self.right) = (TiedGroups(left), TiedGroups(right))
  }

  var count: Int { left.groupOf.count }

  func value(of multiplicity: [Int32]) -> Double {
    // NaN has no rank.
    guard !value.isNaN else { return .nan }
    let (a, b) = (left.centredRanks(multiplicity), right.centredRanks(multiplicity))
    guard a.spread > 0, b.spread > 0 else { return 0 }
    var product = 0.0
    for index in multiplicity.indices {
      product += Double(multiplicity[index]) * a.ranks[left.groupOf[index]] * b.ranks[right.groupOf[index]]
    }
    return product / (a.spread * b.spread).squareRoot()
  }
}

/// Values in groups of equal ones, the groups in rising order.
private struct TiedGroups {
  /// The group of each value.
  let groupOf: [Int]
  private let groups: Int

  init(_ values: [Double]) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var groupOf = [Int](repeating: 0, count: values.count)
    var group = 0
    for (position, index) in order.enumerated() {
      if position > 0, values[index] != values[order[position - 1]] { group += 1 }
      groupOf[index] = group
    }
    (self.groupOf, groups) = (groupOf, group + 1)
  }

  /// The rank of each group in a resample, less the mean of all ranks; and the sum of the squares over the resample.
  func centredRanks(_ multiplicity: [Int32]) -> (ranks: [Double], spread: Double) {
    var ranks = [Double](repeating: 0, count: groups)
    for (group, times) in zip(groupOf, multiplicity) { ranks[group] += Double(times) }
    let middle = Double(groupOf.count + 1) / 2
    var (below, spread) = (0.0, 0.0)
    for group in ranks.indices {
      let size = ranks[group]
      ranks[group] = below + (size + 1) / 2 - middle
      spread += size * ranks[group] * ranks[group]
      below += size
    }
    return (ranks, spread)
  }
}
