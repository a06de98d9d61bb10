import Support
import Tasks
import TestSupport
import Testing

/// Against scikit-learn, degenerate cases included.
@Suite struct MetricTests {
  @Test func scores() throws {
    let cases = try #require(try JSON.parse(Files.read(SharedData.fixture("metrics.json")))["cases"]?.array)
    #expect(cases.count == 17)
    for entry in cases {
      let predictions = entry["predictions"]?.array?.compactMap(\.integer) ?? []
      let labels = entry["labels"]?.array?.compactMap(\.integer) ?? []
      for metric in Metric.allCases {
        guard let expected = entry[metric.rawValue]?.double else { continue }
        #expect(abs(metric.score(predictions: predictions, labels: labels) - expected) < 1e-12, "\(metric)")
      }
    }
  }
}
