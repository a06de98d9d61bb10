import Foundation
import Support

/// Two-sided tests of whether two arms differ, from paired measurements. Each gives a p value.
package enum PairedTests {
  /// The paired t-test: the mean difference over its standard error; `nil` for fewer than two pairs.
  ///
  /// Where every difference is the same, p is 1 if that difference is 0, and 0 otherwise.
  package static func t(_ differences: [Double]) -> Double? {
    guard let statistics = SampleStatistics(differences), let error = statistics.standardError else { return nil }
    // Differences that are equal but for rounding have no spread that a test could use.
    let scale = differences.map(abs).max() ?? 0
    guard error > scale * 1e-14 else { return scale == 0 ? 1 : 0 }
    return StudentT.twoSided(statistics.mean / error, freedom: Double(statistics.count - 1))
  }

  /// Wilcoxon's signed-rank test, exact: every choice of signs is equally likely, and ties share the mean of their ranks.
  /// Differences of 0 are left out (Wilcoxon's own way); `nil` where none is left.
  package static func wilcoxon(_ differences: [Double]) -> Double? {
    let values = differences.filter { $0 != 0 }
    guard !values.isEmpty else { return nil }
    // Twice the ranks are integers, even where ties halve a rank.
    let ranks = Correlation.ranks(values.map(abs)).map { Int(($0 * 2).rounded()) }
    let total = ranks.reduce(0, +)
    /// The chance of each sum of the ranks with a positive sign.
    var chances = [Double](repeating: 0, count: total + 1)
    chances[0] = 1
    var reached = 0
    for rank in ranks {
      for sum in stride(from: reached, through: 0, by: -1) {
        chances[sum] /= 2
        chances[sum + rank] += chances[sum]
      }
      reached += rank
    }
    let positive = zip(values, ranks).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
    let smaller = min(positive, total - positive)
    return min(1, 2 * chances[...smaller].reduce(0, +))
  }

  /// The exact McNemar test, a binomial test of the examples that only one of two models answers rightly.
  package static func mcNemar(onlyFirst: Int, onlySecond: Int) -> Double {
    let (total, fewer) = (onlyFirst + onlySecond, min(onlyFirst, onlySecond))
    guard total > 0 else { return 1 }
    let n = Double(total)
    var tail = 0.0
    for only in 0...fewer {
      let k = Double(only)
      let choices: Double = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
      tail += exp(choices - n * log(2.0))
    }
    return min(1, 2 * tail)
  }

  /// Holm's correction for several tests: each p value times the number of tests not yet rejected, never below the one
  /// before it, at most 1. The order of the values is kept.
  package static func holm(_ values: [Double]) -> [Double] {
    var (result, largest) = (values, 0.0)
    for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
      largest = max(largest, min(1, values[index] * Double(values.count - rank)))
      result[index] = largest
    }
    return result
  }

  /// The test over seeds that can reach a small p value with so many pairs: from six pairs on Wilcoxon's, which assumes
  /// no shape; below that the paired t-test, because five pairs cannot make Wilcoxon's p smaller than 0.0625.
  package static func overSeeds(_ differences: [Double]) -> (p: Double, name: String)? {
    guard differences.count >= 2 else { return nil }
    if differences.allSatisfy({ $0 == 0 }) { return (1, "equal on every seed") }
    if (6...200).contains(differences.count) { return wilcoxon(differences).map { ($0, "Wilcoxon signed-rank") } }
    return t(differences).map { ($0, "paired t") }
  }
}
