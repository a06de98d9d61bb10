import Foundation
import Support

/// Student's t distribution, from which intervals of means and the paired t-test follow.
package enum StudentT {
  /// The chance that |T| is at least `t`: the regularized incomplete beta function I of ν/(ν + t²) at ν/2 and ½
  /// (Abramowitz and Stegun 26.7.1).
  package static func twoSided(_ t: Double, freedom: Double) -> Double {
    guard t.isFinite else { return t.isNaN ? .nan : 0 }
    return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
  }

  /// The `t` that |T| exceeds with the chance `probability`, e.g. 12.706 for 0.05 and one degree of freedom.
  package static func quantile(twoSided probability: Double, freedom: Double) -> Double {
    // No input reaches this: the one caller asks for 0.05, and has two values or more.
    precondition(probability > 0 && probability < 1 && freedom > 0)
    var (low, high) = (0.0, 1.0)
    while twoSided(high, freedom: freedom) > probability, high < 1e300 { high *= 2 }
    // Bisection to the last bit: it is called a few times for each report.
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if twoSided(middle, freedom: freedom) > probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// I of `x` at `a` and `b`, by Lentz's evaluation of the continued fraction (Abramowitz and Stegun 26.5.8).
  private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast only below this bound; above it, the symmetric one does.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    let tiny = 1e-300
    func bounded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / bounded(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...10_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / bounded(1 + even * d)
      c = bounded(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / bounded(1 + odd * d)
      c = bounded(1 + odd / c)
      let factor = d * c
      result *= factor
      if abs(factor - 1) < 1e-16 { break }
    }
    return front * result
  }
}

extension SampleStatistics {
  /// Half the width of the 95 % t-interval of the mean; `nil` for one value.
  package var halfWidth: Double? {
    standardError.map { $0 * StudentT.quantile(twoSided: 0.05, freedom: Double(count - 1)) }
  }
}
