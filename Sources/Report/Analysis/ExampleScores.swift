import Foundation
import Results
import Support

/// The answers of the models of one arm at its best rate, one model for each seed, from which a score of any choice of
/// examples can be computed.
struct ExampleScores {
  /// A metric that the report can compute from the predictions alone.
  enum Metric: Equatable {
    case accuracy
    case matthews
    /// F1 of one answer, the "positive" one.
    case f1(ByteString)
    case pearson

    var name: String {
      switch self {
      case .accuracy: "accuracy"
      case .matthews: "Matthews correlation"
      case .f1: "F1"
      case .pearson: "Pearson's correlation"
      }
    }
  }

  let metric: Metric
  /// The right answers, as written.
  let labels: [ByteString]
  private let classes: Int
  private let truth: [Int]
  /// For each seed the predicted class of each example.
  private let predicted: [[Int]]
  private let numbers: (truth: [Double], predicted: [[Double]])
  private let positive: Int

  /// - Parameter models: for each seed the predicted answers.
  init?(_ metric: Metric, labels: [ByteString], models: [[ByteString]]) {
    guard !labels.isEmpty, !models.isEmpty, models.allSatisfy({ $0.count == labels.count }) else { return nil }
    (self.metric, self.labels) = (metric, labels)
    if metric == .pearson {
      func reals(_ texts: [ByteString]) -> [Double]? {
        let values = texts.compactMap { Double($0.description) }.filter(\.isFinite)
        return values.count == texts.count ? values : nil
      }
      let predicted = models.compactMap(reals)
      guard let truth = reals(labels), predicted.count == models.count else { return nil }
      (numbers, classes, self.truth, self.predicted, positive) = ((truth, predicted), 0, [], [], 0)
      return
    }
    var index: [ByteString: Int] = [:]
    func number(_ text: ByteString) -> Int {
      if let known = index[text] { return known }
      index[text] = index.count
      return index.count - 1
    }
    truth = labels.map(number)
    predicted = models.map { $0.map(number) }
    if case .f1(let text) = metric { positive = number(text) } else { positive = 0 }
    // A matrix of classes is for tasks with labels; free answers are as many as examples.
    guard metric == .accuracy || index.count <= 64 else { return nil }
    classes = index.count
    numbers = ([], [])
  }

  /// Numbers of examples that one seed's model of each of two arms answers rightly while the other's does not.
  func discordant(_ other: ExampleScores) -> (onlyFirst: Int, onlySecond: Int)? {
    guard predicted.count == 1, other.predicted.count == 1, metric == .accuracy, labels == other.labels else {
      return nil
    }
    var (first, second) = (0, 0)
    for index in labels.indices {
      let (a, b) = (predicted[0][index] == truth[index], other.predicted[0][index] == other.truth[index])
      if a && !b { first += 1 }
      if b && !a { second += 1 }
    }
    return (first, second)
  }

  /// The mean over seeds of the metric on these examples.
  func score(_ drawn: [Int]) -> Double {
    let count = metric == .pearson ? numbers.predicted.count : predicted.count
    return (0..<count).reduce(0) { $0 + score(drawn, seed: $1) } / Double(count)
  }

  private func score(_ drawn: [Int], seed: Int) -> Double {
    switch metric {
    case .accuracy:
      let answers = predicted[seed]
      return Double(drawn.reduce(0) { $0 + (answers[$1] == truth[$1] ? 1 : 0) }) / Double(drawn.count)
    case .matthews:
      var (predictions, actual, hits) = (
        [Double](repeating: 0, count: classes), [Double](repeating: 0, count: classes), 0.0
      )
      let answers = predicted[seed]
      for index in drawn {
        predictions[answers[index]] += 1
        actual[truth[index]] += 1
        if answers[index] == truth[index] { hits += 1 }
      }
      return Correlation.matthews(predicted: predictions, actual: actual, hits: hits)
    case .f1:
      var (hits, wrong, missed) = (0.0, 0.0, 0.0)
      let answers = predicted[seed]
      for index in drawn {
        let (isAnswer, isTrue) = (answers[index] == positive, truth[index] == positive)
        if isAnswer && isTrue { hits += 1 } else if isAnswer { wrong += 1 } else if isTrue { missed += 1 }
      }
      return hits == 0 ? 0 : 2 * hits / (2 * hits + wrong + missed)
    case .pearson:
      return Correlation.pearson(drawn.map { numbers.truth[$0] }, drawn.map { numbers.predicted[seed][$0] })
    }
  }

  /// Reads the predictions of a group's cells, and finds the metric that gives back the score each record states. So no
  /// test rests on a metric other than the one that the table shows.
  static func read(_ group: RateGroup) -> ExampleScores? {
    var models: [[ByteString]] = []
    var labels: [ByteString] = []
    for cell in group.scored {
      guard let split = cell.record?.metrics.first?.split, !split.contains("/"),
        let answers = try? PredictionsFile.answers(cell.path + "/predictions-\(split).tsv"), !answers.isEmpty
      else { return nil }
      let own = answers.map(\.label)
      if labels.isEmpty { labels = own }
      guard own == labels else { return nil }
      models.append(answers.map(\.prediction))
    }
    let all = Array(labels.indices)
    let binary = Array(Set(labels).sorted().prefix(8))
    for metric in [.accuracy, .matthews, .pearson] + binary.map(Metric.f1) {
      let isRight = zip(group.scored, models).allSatisfy { cell, model in
        guard let score = cell.score, let scores = ExampleScores(metric, labels: labels, models: [model]) else {
          return false
        }
        return abs(scores.score(all) - score) < 1e-6
      }
      if isRight, !models.isEmpty { return ExampleScores(metric, labels: labels, models: models) }
    }
    return nil
  }
}
