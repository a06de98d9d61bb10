import Support
import TestSupport
import Testing

/// Against NumPy and scipy.
@Suite struct SampleStatisticsTests {
  @Test func everySeries() throws {
    let series = try #require(try JSON.parse(Files.read(SharedData.fixture("run_settings.json")))["statistics"]?.array)
    #expect(series.count == 4)
    for entry in series {
      let values = try #require(entry["values"]?.array).compactMap(\.double)
      let ours = try #require(SampleStatistics(values))
      // The fixture's numbers have nine digits.
      func isClose(_ value: Double?, _ key: String) -> Bool {
        guard let value, let expected = entry[key]?.double else { return value == nil && entry[key]?.isNull == true }
        return abs(value - expected) < 1e-8
      }
      #expect(ours.count == values.count && isClose(ours.mean, "mean"))
      #expect(isClose(ours.standardDeviation, "standard_deviation") && isClose(ours.standardError, "standard_error"))
    }
    #expect(SampleStatistics([]) == nil)
  }
}
