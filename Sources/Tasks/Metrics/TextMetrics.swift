extension Metric {
  /// The share of generated texts that equal the answer but for white space around either.
  static let textExactMatch = Metric(
    "exact_match", kinds: [.text],
    .share {
      zip($0, $1).map { prediction, answer in
        guard case .generated(let text) = prediction, case .text(let right) = answer else { return false }
        return PythonText.stripped(text.text) == PythonText.stripped(right)
      }
    })

  /// The share of generated texts from which no answer could be read.
  static let unparsable = Metric(
    "unparsable", isHigherBetter: false, kinds: [.text], usesAnswers: false,
    .share { predictions, _ in
      predictions.map { if case .generated(let text) = $0 { text.extracted == nil } else { true } }
    })
}
