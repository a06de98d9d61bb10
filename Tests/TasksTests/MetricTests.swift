import Support
import Tasks
import TestSupport
import Testing

/// Against scikit-learn, degenerate cases included.
@Suite struct MetricTests {
  /// Of models that score the same the first is kept, whatever the direction.
  @Test func anEqualScoreIsNoBetter() {
    for metric in Metric.all + Metric.languageModeling {
      #expect(!metric.isBetter(0.5, than: 0.5), "\(metric.name)")
      #expect(metric.isBetter(0.6, than: 0.5) == metric.isHigherBetter, "\(metric.name)")
    }
  }

  @Test func scores() throws {
    let cases = try #require(try JSON.parse(Files.read(SharedData.fixture("metrics.json")))["cases"]?.array)
    #expect(cases.count == 17)
    for entry in cases {
      let predictions = entry["predictions"]?.array?.compactMap(\.integer) ?? []
      let labels = entry["labels"]?.array?.compactMap(\.integer) ?? []
      let isBinary = (predictions + labels).allSatisfy { $0 < 2 }
      for metric in Metric.all {
        guard let expected = entry[metric.name]?.double else {
          // scikit-learn's f1_score of two labels refuses more.
          #expect(metric.name == "f1" && !isBinary, "\(metric.name) has no expected value")
          continue
        }
        let score = metric.score(
          predictions.map { .label($0, logits: []) }, labels.map(Answer.label))
        #expect(abs(score - expected) < 1e-12, "\(metric.name)")
      }
    }
  }
}
