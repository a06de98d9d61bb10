import Support
import Tasks
import TestSupport
import Testing

/// Against scikit-learn, scipy, lm_eval and SQuAD's official rules, degenerate cases included.
@Suite struct MetricTests {
  /// Of models that score the same the first is kept, whatever the direction.
  @Test func anEqualScoreIsNoBetter() {
    for metric in Metric.all + Metric.languageModeling {
      #expect(!metric.isBetter(0.5, than: 0.5), "\(metric.name)")
      #expect(metric.isBetter(0.6, than: 0.5) == metric.isHigherBetter, "\(metric.name)")
    }
  }

  /// White space around a text is no part of it.
  @Test func textsAreStripped() throws {
    let text = Array("Paris".utf8)
    let found = Prediction.generated(GeneratedText(text: text, tokens: [], extracted: text))
    let metric = try #require(Metric.named("accuracy", of: .text))
    #expect(metric.score([found, found], [.text(Array(" Paris\n".utf8)), .text(Array("Pa ris".utf8))]) == 0.5)
  }

  @Test func aNameAndAKindGiveOneMetric() {
    for kind in TaskKind.allCases {
      let names = Metric.all.filter { $0.kinds.contains(kind) }.map(\.name)
      #expect(Set(names).count == names.count && !names.isEmpty, "\(kind)")
      for name in names { #expect(Metric.named(name, of: kind)?.kinds.contains(kind) == true) }
    }
    #expect(Metric.named("f1", of: .span) != Metric.named("f1", of: .classification))
    #expect(Metric.named("f1", of: .regression) == nil && Metric.named("bleu", of: .text) == nil)
  }

  @Test(arguments: MetricFixture.Section.allCases)
  func scores(_ section: MetricFixture.Section) throws {
    for fixture in try MetricFixture.all(section) {
      for metric in fixture.metrics {
        // scikit-learn's f1_score of two labels refuses more; the official script for SQuAD v1.1 knows the two alone.
        guard let expected = fixture.entry["scores"]?[metric.name]?.double else {
          let isOfVersion2 = section == .spans && fixture.entry["thresholds"] == nil
          #expect(
            metric.needsTwoLabels && fixture.hasMoreLabels || isOfVersion2, "\(metric.name) has no expected value")
          continue
        }
        let score = metric.score(fixture.predictions, fixture.answers)
        #expect(abs(score - expected) < 1e-12, "\(section) \(metric.name): \(score), \(expected)")
      }
    }
  }

  @Test(arguments: MetricFixture.Section.allCases)
  func standardErrors(_ section: MetricFixture.Section) throws {
    var methods: Set<StandardError.Method> = []
    for fixture in try MetricFixture.all(section) {
      for (method, tolerance) in [(StandardError.Method.binomial, 1e-12), (.normal, 1e-12), (.bootstrap, 0.08)] {
        for (name, expected) in fixture.values(method.rawValue) {
          let metric = try #require(Metric.named(name, of: section.kind))
          let found = metric.standardError(fixture.predictions, fixture.answers)
          guard let expected = expected.double else {
            #expect(found == nil, "\(name) of one example")
            continue
          }
          let error = try #require(found)
          #expect(error.method == method)
          let limit = method == .bootstrap ? tolerance * expected : tolerance * max(1, expected)
          #expect(abs(error.value - expected) <= limit, "\(section) \(name): \(error), \(expected)")
          methods.insert(method)
        }
      }
    }
    #expect(!methods.isEmpty)
  }

  @Test func thresholds() throws {
    var count = 0
    for fixture in try MetricFixture.all(.spans) {
      for metric in fixture.metrics {
        let expected = fixture.entry["thresholds"]?[metric.name]?.double
        if expected != nil { count += 1 }
        guard fixture.entry["thresholds"] != nil else { continue }
        let threshold = metric.bestThreshold(fixture.predictions, fixture.answers)
        #expect((threshold == -.infinity ? 0 : threshold) == expected, "\(metric.name)")
      }
    }
    #expect(count == 12)
  }

  @Test func baselines() throws {
    for fixture in try MetricFixture.all(.classes) {
      for metric in fixture.metrics where !(metric.needsTwoLabels && fixture.hasMoreLabels) {
        let score = MajorityBaseline.score(metric, answers: fixture.answers)
        guard let expected = fixture.entry["baselines"]?["own"]?[metric.name]?.double else {
          #expect(metric.needsTwoLabels, "\(metric.name) has no expected value")
          continue
        }
        #expect(abs((score ?? -2) - expected) < 1e-12, "\(metric.name)")
      }
    }
    for section in [MetricFixture.Section.numbers, .choices, .texts, .spans] {
      for fixture in try MetricFixture.all(section) {
        for metric in fixture.metrics {
          let score = MajorityBaseline.score(metric, answers: fixture.answers)
          let baseline = fixture.entry["baseline"]
          guard let expected = baseline?.double ?? baseline?[metric.name]?.double else {
            // Without null scores a split of answered questions alone counts as one of version 1.1.
            if section == .spans, !fixture.answers.contains(.spans([])) { #expect(score == nil) }
            continue
          }
          if metric.usesAnswers, section != .spans || fixture.answers.contains(.spans([])) {
            #expect(abs((score ?? -2) - expected) < 1e-12, "\(section) \(metric.name)")
          } else {
            #expect(score == nil)
          }
        }
      }
    }
    #expect(MajorityBaseline.score(try #require(Metric.languageModeling.first), answers: []) == nil)
  }

  /// A head gives labels for choices; there is no length to divide by.
  @Test func choicesOfAHead() throws {
    let predictions: [Prediction] = [.label(1, logits: [0, 1]), .label(0, logits: [1, 0]), .choices([])]
    for name in ["accuracy", "accuracy_norm"] {
      let metric = try #require(Metric.named(name, of: .multipleChoice))
      #expect(metric.score(predictions, [.label(1), .label(1), .label(0)]) == 1.0 / 3)
    }
  }

  @Test func languageModels() throws {
    let predictions: [Prediction] = [.likelihood(nats: 6, tokens: 2), .likelihood(nats: 4, tokens: 8)]
    for (metric, expected) in zip(Metric.languageModeling, [2.718281828459045, 1]) {
      #expect(abs(metric.score(predictions, []) - expected) < 1e-12)
      let error = try #require(metric.standardError(predictions, []))
      #expect(error.method == .bootstrap && error.value > 0)
    }
  }

  /// Nothing depends on the number of threads, or on what was computed before.
  @Test func theSameStandardErrorTwice() throws {
    let fixture = try #require(try MetricFixture.all(.numbers).last)
    let metric = try #require(Metric.named("spearman", of: .regression))
    let first = metric.standardError(fixture.predictions, fixture.answers)
    let threads = ThreadPool.shared.threads
    defer { ThreadPool.shared.configure(threads: threads) }
    ThreadPool.shared.configure(threads: threads + 2)
    #expect(first == metric.standardError(fixture.predictions, fixture.answers))
  }

  /// A model that has diverged predicts no numbers.
  @Test func numbersThatAreNone() throws {
    for name in ["pearson", "spearman", "mean_squared_error"] {
      let metric = try #require(Metric.named(name, of: .regression))
      let predictions: [Prediction] = [.number(.nan), .number(1), .number(2)]
      #expect(metric.score(predictions, [.number(1), .number(2), .number(3)]).isNaN)
      #expect(metric.standardError(predictions, [.number(1), .number(2), .number(3)]) == nil)
    }
  }
}
