/// The best mean score that SQuAD questions could have if every prediction whose null score is above a threshold were no
/// answer: `find_best_thresh` of `evaluate-v2.0.py`.
///
/// As there, questions with the predicted texts are added in the order of their null scores, and a threshold may fall
/// between two questions with equal scores. Texts that a model has already replaced by no answer stay so; thresholds above
/// the one that it used therefore gain nothing.
struct BestThreshold: ResampledStatistic {
  /// A question's gain over no answer, in the order of the null scores.
  private let gains: [Double]
  private let nullScores: [Double]
  private let hasAnswer: [Bool]
  /// The place of each question in that order.
  private let order: [Int]

  init(_ questions: [SpanQuestion], _ score: (SpanQuestion) -> Double) {
    order = questions.indices.sorted {
      (questions[$0].nullScore, $0) < (questions[$1].nullScore, $1)
    }
    let questions = order.map { questions[$0] }
    nullScores = questions.map(\.nullScore)
    hasAnswer = questions.map(\.hasAnswer)
    gains = questions.map { $0.hasAnswer ? score($0) : $0.isEmpty ? 0 : -1 }
  }

  var count: Int { order.count }

  func value(of multiplicity: [Int32]) -> Double { best(of: multiplicity).score }

  /// The best score, and the threshold that gives it; −∞ where nothing but no answer is best, where the official program
  /// says 0, which holds for probabilities alone.
  var best: (score: Double, threshold: Double) { best(of: Array(repeating: 1, count: count)) }

  private func best(of multiplicity: [Int32]) -> (score: Double, threshold: Double) {
    guard count > 0 else { return (0, -.infinity) }
    let unanswerable = order.indices.reduce(0) { hasAnswer[$1] ? $0 : $0 + Int(multiplicity[order[$1]]) }
    var sum = Double(unanswerable)
    var (best, threshold) = (sum, -Double.infinity)
    for place in order.indices {
      sum += Double(multiplicity[order[place]]) * gains[place]
      if sum > best { (best, threshold) = (sum, nullScores[place]) }
    }
    return (best / Double(count), threshold)
  }
}
