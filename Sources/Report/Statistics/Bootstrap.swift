import Support

/// Intervals by drawing again from what was measured. The draws follow from a fixed seed, so that equal input gives
/// equal bytes.
package enum Bootstrap {
  package static let resamples = 2_000
  package static let seed: UInt64 = 20_240_611

  /// The value below which a share of the values lies, linear between neighbours as numpy's default.
  ///
  /// - Precondition: `sorted` is ascending and not empty.
  package static func percentile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place.rounded(.down))
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }

  /// The middle 95 % of the values; `nil` for none.
  package static func interval(_ values: [Double]) -> (low: Double, high: Double)? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    return (percentile(sorted, 0.025), percentile(sorted, 0.975))
  }

  /// The numbers of the examples that each resample draws. Arms that are compared use the same draws, which makes their
  /// differences paired.
  package static func draws(of count: Int, resamples: Int, _ body: (_ drawn: [Int]) -> Void) {
    // No input reaches this: predictions without an example are refused where they are read.
    precondition(count > 0)
    var random = SplitMix(seed: seed)
    var drawn = [Int](repeating: 0, count: count)
    for _ in 0..<resamples {
      for index in drawn.indices { drawn[index] = random.below(count) }
      body(drawn)
    }
  }

  /// The two-sided p value of a difference from its resamples: twice the smaller share on either side of 0. One is added
  /// to both counts, so that p is never 0 (Davison and Hinkley 1997, 4.2.3).
  package static func p(_ differences: [Double]) -> Double {
    let low = differences.count { $0 <= 0 }
    let high = differences.count { $0 >= 0 }
    return min(1, 2 * Double(1 + min(low, high)) / Double(differences.count + 1))
  }
}

/// Figures over several tasks.
package enum AcrossTasks {
  /// The mean of the middle half of the values, as `rliable` defines the interquartile mean (a trimmed mean that drops a
  /// quarter, rounded down, at each end); `nil` for none.
  package static func interquartileMean(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let cut = values.count / 4
    let middle = values.sorted()[cut..<(values.count - cut)]
    return middle.reduce(0, +) / Double(middle.count)
  }

  /// The interquartile mean over the scores of all tasks, with its 95 % interval. Each resample draws the seeds of each task
  /// anew and keeps the tasks (Agarwal et al. 2021: a stratified bootstrap).
  package static func interquartileMean(ofTasks tasks: [[Double]]) -> (value: Double, low: Double, high: Double)? {
    let tasks = tasks.filter { !$0.isEmpty }
    guard let value = interquartileMean(tasks.flatMap(\.self)) else { return nil }
    var random = SplitMix(seed: Bootstrap.seed)
    let means = (0..<Bootstrap.resamples).compactMap { _ in
      interquartileMean(tasks.flatMap { scores in scores.map { _ in scores[random.below(scores.count)] } })
    }
    return Bootstrap.interval(means).map { (value, $0.low, $0.high) }
  }

  /// The mean rank of each arm, 1 for the best; equal scores share the mean of their ranks.
  ///
  /// - Parameter tasks: for each task a score of every arm, higher is better.
  package static func meanRanks(_ tasks: [[Double]]) -> [Double] {
    guard let first = tasks.first else { return [] }
    var sums = [Double](repeating: 0, count: first.count)
    for scores in tasks {
      for (arm, rank) in Correlation.ranks(scores.map { -$0 }).enumerated() { sums[arm] += rank }
    }
    return sums.map { $0 / Double(tasks.count) }
  }
}
