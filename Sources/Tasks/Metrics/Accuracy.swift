extension Metric {
  /// The share of right predictions: the right label, the right choice, or a text from which exactly the right answer
  /// was read. Of choices scored by a language model, the one with the largest sum of log-probabilities is predicted.
  static let accuracy = Metric(
    "accuracy", kinds: [.classification, .multipleChoice, .text],
    .share { zip($0, $1).map { prediction, answer in prediction.isRight(answer) { $0.logLikelihood } } })

  /// Accuracy where a choice's log-likelihood is divided by its length in characters, so that long choices stand a
  /// chance; `acc_norm` of lm-evaluation-harness. A head's logits do not grow with the length and are not divided.
  static let normalizedAccuracy = Metric(
    "accuracy_norm", kinds: [.multipleChoice],
    .share {
      zip($0, $1).map { prediction, answer in
        // An empty choice has log-likelihood 0, which any divisor leaves alone.
        prediction.isRight(answer) { $0.logLikelihood / Double(max(1, $0.characters)) }
      }
    })
}

extension Prediction {
  /// Whether the prediction is right where the choice with the largest value is the predicted one.
  fileprivate func isRight(_ answer: Answer, by value: (ChoiceScore) -> Double) -> Bool {
    switch (self, answer) {
    case (.label(let predicted, _), .label(let label)): predicted == label
    case (.choices(let scores), .label(let label)): scores.map(value).indexOfFirstLargest == label
    case (.generated(let text), .text(let right)): text.extracted?.stripped == right.stripped
    default: false
    }
  }
}
