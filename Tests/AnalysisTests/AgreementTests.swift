import Analysis
import Support
import Testing

@Suite struct AgreementTests {
  /// scipy's, where it defines them; 0 where it does not.
  @Test func correlationsOfScipy() throws {
    let cases = try AnalysisFixture().array("correlations")
    #expect(cases.count == 8)
    for item in cases {
      let name = item["name"]?.string ?? ""
      let (a, b) = (item["a"]?.doubles ?? [], item["b"]?.doubles ?? [])
      let found = Agreement(a, b)
      #expect(isClose(found.pearson, item["pearson"]?.double ?? 0, 1e-12, floor: 1), "\(name)")
      #expect(isClose(found.spearman, item["spearman"]?.double ?? 0, 1e-12, floor: 1), "\(name)")
      #expect(Correlation.spearman(a, b) == found.spearman)
      #expect(isClose(found.cosine, item["cosine"]?.double, 1e-12, floor: 1), "\(name)")
      #expect(isClose(found.meanSquaredError, item["mean_squared_error"]?.double, 1e-12), "\(name)")
      #expect(isClose(found.relativeError, item["relative_squared_error"]?.double, 1e-12), "\(name)")
    }
  }

  @Test func notANumber() {
    #expect(Correlation.pearson([1, .nan], [1, 2]).isNaN && Correlation.spearman([1, .nan], [1, 2]).isNaN)
    #expect(Correlation.pearson([], []) == 0 && Correlation.ranks([3, 1, 3]) == [2.5, 1, 2.5])
  }
}
