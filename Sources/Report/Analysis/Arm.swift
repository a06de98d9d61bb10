import Results
import Support

/// The cells of one arm at one learning rate, which differ in the seed.
struct RateGroup: Sendable {
  let rate: Double?
  /// Every cell, completed or not; of repeated seeds only the first.
  let cells: [ReportCell]
  /// The completed cells that have a score.
  let scored: [ReportCell]
  /// Over the seeds; `nil` where no cell completed.
  let statistics: SampleStatistics?

  init(_ rate: Double?, _ cells: [ReportCell]) {
    (self.rate, self.cells) = (rate, cells)
    scored = cells.filter { $0.score != nil }
    statistics = SampleStatistics(scored.compactMap(\.score))
  }

  func count(_ status: ReportCell.Status...) -> Int { cells.count { status.contains($0.status) } }
  var collapsed: Int { scored.count(where: \.isCollapsed) }

  /// How far the mean may be off: the t-interval over seeds, or for a single seed the standard error over its examples.
  var uncertainty: (halfWidth: Double, isOfExamples: Bool)? {
    if let width = statistics?.halfWidth { return (width, false) }
    return scored.first?.standardError.map { ($0, true) }
  }

  /// The standard error of the mean over seeds, or over the examples for a single seed.
  var standardError: Double? { statistics?.standardError ?? scored.first?.standardError }

  /// The cells of the machine and thread count that most cells have; other timings are not pooled with these.
  var timed: (cells: [ReportCell], machine: String)? {
    guard let most = RateGroup.mostFrequent(scored.compactMap(\.machine)) else { return nil }
    return (scored.filter { $0.machine == most }, most)
  }

  /// The most frequent of some names, of equally frequent ones the first in the alphabet; `nil` for none.
  static func mostFrequent(_ names: [String]) -> String? {
    let counts = Set(names).map { name in (name, names.count { $0 == name }) }
    return counts.max { ($0.1, $1.0) < ($1.1, $0.0) }?.0
  }

  func meanOfTimed(_ value: (ReportCell) -> Double?) -> Double? {
    let values = (timed?.cells ?? []).compactMap(value).filter(\.isFinite)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}

/// What is compared: an optimizer with settings that differ only in the learning rate and the seed.
struct Arm: Sendable {
  let optimizer: String
  /// Settings in which arms of this optimizer differ, e.g. `rank=8`; empty where there is one arm.
  let variant: String
  let isHigherBetter: Bool
  /// Ascending in the rate.
  let rates: [RateGroup]
  /// Index of the best rate; `nil` where no rate can win.
  let best: Int?

  var name: String { variant.isEmpty ? optimizer : "\(optimizer) \(variant)" }

  init(optimizer: String, variant: String, isHigherBetter: Bool, rates: [RateGroup]) {
    (self.optimizer, self.variant, self.isHigherBetter) = (optimizer, variant, isHigherBetter)
    self.rates = rates
    best = Arm.best(of: rates, isHigherBetter)
  }

  var bestGroup: RateGroup? { best.map { rates[$0] } }

  /// The grid's rule: a rate at which every model collapsed cannot win, and one with a diverged or cut seed wins only where
  /// every rate that can win has one. Of equal rates, the lowest wins.
  private static func best(of rates: [RateGroup], _ isHigherBetter: Bool) -> Int? {
    let learned = rates.indices.filter { rates[$0].statistics != nil && rates[$0].collapsed < rates[$0].scored.count }
    let safe = learned.filter { rates[$0].count(.diverged, .cut) == 0 }
    let mean = { (index: Int) in rates[index].statistics?.mean ?? 0 }
    return (safe.isEmpty ? learned : safe).reduce(nil as Int?) { best, next in
      guard let best else { return next }
      return (isHigherBetter ? mean(next) > mean(best) : mean(next) < mean(best)) ? next : best
    }
  }

  /// A warning where the best rate is the lowest or the highest tried, so that a better one may lie beyond.
  var edge: String? {
    let known = rates.indices.filter { rates[$0].rate != nil }
    guard let best, rates[best].rate != nil else { return nil }
    if known.count == 1 { return "only rate tried" }
    if best == known.first { return "lowest rate tried" }
    return best == known.last ? "highest rate tried" : nil
  }

  /// The rates whose mean is within one standard error of the best; `nil` where no standard error is known.
  var window: Tuning.Window? {
    guard let best, let group = bestGroup, let mean = group.statistics?.mean, let error = group.standardError,
      rates.allSatisfy({ ($0.rate ?? 0) > 0 })
    else { return nil }
    let sign: Double = isHigherBetter ? 1 : -1
    return Tuning.window(
      rates.map { group in
        let isWhole = group.count(.diverged, .cut) == 0 && group.collapsed < max(1, group.scored.count)
        return (group.rate ?? 1, isWhole ? group.statistics.map { sign * $0.mean } : nil)
      }, best: best, threshold: sign * mean - error)
  }
}
