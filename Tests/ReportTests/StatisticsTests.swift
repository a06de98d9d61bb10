import Support
import TestSupport
import Testing

import Report

/// Against scipy, statsmodels and plain enumeration (Tools/make_report_fixtures.py).
@Suite struct StatisticsTests {
  private let fixture: JSON

  init() throws { fixture = try JSON.parse(Files.read(SharedData.fixture("report.json"))) }

  private func cases(_ name: String) throws -> [JSON] {
    let cases = try #require(fixture[name]?.array)
    #expect(!cases.isEmpty)
    return cases
  }

  private func isClose(_ value: Double?, _ expected: JSON?) -> Bool {
    guard let value, let expected = expected?.double else { return value == nil && expected?.isNull == true }
    return abs(value - expected) <= 1e-10 * max(1, abs(expected))
  }

  private func reals(_ json: JSON?) -> [Double] { (json?.array ?? []).compactMap(\.double) }

  @Test func intervals() throws {
    for entry in try cases("intervals") {
      let statistics = try #require(SampleStatistics(reals(entry["values"])))
      #expect(isClose(statistics.mean, entry["mean"]) && isClose(statistics.standardDeviation, entry["sd"]))
      #expect(isClose(statistics.halfWidth, entry["half_width"]))
    }
    #expect(SampleStatistics([0.5])?.halfWidth == nil)
  }

  @Test func studentT() throws {
    for entry in try cases("t_quantiles") {
      let (freedom, p) = (entry["freedom"]?.double ?? 0, entry["probability"]?.double ?? 0)
      #expect(isClose(StudentT.quantile(twoSided: p, freedom: freedom), entry["t"]), "\(entry)")
    }
    for entry in try cases("t_tails") {
      let (freedom, t) = (entry["freedom"]?.double ?? 0, entry["t"]?.double ?? 0)
      #expect(isClose(StudentT.twoSided(t, freedom: freedom), entry["p"]), "\(entry)")
    }
  }

  @Test func pairedTests() throws {
    for entry in try cases("paired") {
      let differences = reals(entry["differences"])
      #expect(isClose(PairedTests.t(differences), entry["t"]), "\(entry)")
      #expect(isClose(PairedTests.wilcoxon(differences), entry["wilcoxon"]), "\(entry)")
    }
    for entry in try cases("mcnemar") {
      let counts = (entry["first"]?.integer ?? 0, entry["second"]?.integer ?? 0)
      #expect(isClose(PairedTests.mcNemar(onlyFirst: counts.0, onlySecond: counts.1), entry["p"]), "\(entry)")
    }
    for entry in try cases("holm") {
      for (ours, theirs) in zip(PairedTests.holm(reals(entry["p"])), entry["corrected"]?.array ?? []) {
        #expect(isClose(ours, theirs))
      }
    }
    #expect(PairedTests.t([0, 0, 0]) == 1 && PairedTests.t([0.1, 0.1]) == 0 && PairedTests.holm([]) == [])
    #expect(PairedTests.overSeeds([0.1]) == nil && PairedTests.overSeeds([0, 0])?.p == 1)
  }

  @Test func bootstraps() throws {
    for entry in try cases("bootstrap") {
      let (a, b) = (reals(entry["a"]), reals(entry["b"]))
      var differences: [Double] = []
      Bootstrap.draws(of: a.count, resamples: Bootstrap.resamples) { drawn in
        func mean(_ values: [Double]) -> Double { drawn.reduce(0) { $0 + values[$1] } / Double(values.count) }
        differences.append(mean(a) - mean(b))
      }
      let interval = try #require(Bootstrap.interval(differences))
      #expect(isClose(interval.low, entry["low"]) && isClose(interval.high, entry["high"]))
      #expect(isClose(Bootstrap.p(differences), entry["p"]))
      let onlyFirst = zip(a, b).count { $0 > $1 }
      let p = PairedTests.mcNemar(onlyFirst: onlyFirst, onlySecond: zip(a, b).count { $0 < $1 })
      #expect(isClose(p, entry["mcnemar"]))
    }
  }

  @Test func acrossTasks() throws {
    for entry in try cases("iqm") {
      let ours = try #require(AcrossTasks.interquartileMean(ofTasks: (entry["tasks"]?.array ?? []).map(reals)))
      #expect(
        isClose(ours.value, entry["value"]) && isClose(ours.low, entry["low"]) && isClose(ours.high, entry["high"]))
    }
    for entry in try cases("mean_ranks") {
      let ours = AcrossTasks.meanRanks((entry["tasks"]?.array ?? []).map(reals))
      for (mine, theirs) in zip(ours, entry["ranks"]?.array ?? []) { #expect(isClose(mine, theirs)) }
    }
    #expect(AcrossTasks.interquartileMean(ofTasks: [[], []]) == nil && AcrossTasks.meanRanks([]) == [])
  }

  @Test func tuning() throws {
    for entry in try cases("expected_best") {
      for (ours, theirs) in zip(Tuning.expectedBest(reals(entry["values"])), entry["best"]?.array ?? []) {
        #expect(isClose(ours, theirs))
      }
    }
    for entry in try cases("windows") {
      let window = Tuning.window(
        Array(zip(reals(entry["rates"]), reals(entry["scores"]))), best: entry["best"]?.integer ?? 0,
        threshold: entry["threshold"]?.double ?? 0)
      #expect(isClose(window.low, entry["low"]) && isClose(window.high, entry["high"]))
      #expect(window.isOpenBelow == entry["open_low"]?.bool && window.isOpenAbove == entry["open_high"]?.bool)
    }
    // A rate that diverged ends the window, and no line leads to it.
    let cut = Tuning.window([(1e-4, 0.5), (1e-3, nil)], best: 0, threshold: 0.4)
    #expect(cut.high == 1e-4 && !cut.isOpenAbove && cut.isOpenBelow)
    for entry in try cases("pareto") {
      let points = (entry["points"]?.array ?? []).map { (cost: reals($0)[0], score: reals($0)[1]) }
      #expect(Tuning.paretoFront(points) == (entry["front"]?.array ?? []).compactMap(\.integer))
    }
  }
}
