import Foundation

extension Metric {
  /// The metrics of language models: perplexity, and the mean negative log-likelihood per token in nats.
  package static let languageModeling: [Metric] = [
    Metric(
      "perplexity", isHigherBetter: false, kinds: [], usesAnswers: false,
      .statistic { predictions, _ in
        MeanLoss(predictions) { exp($0) }
      }),
    Metric(
      "loss", isHigherBetter: false, kinds: [], usesAnswers: false,
      .statistic { predictions, _ in
        MeanLoss(predictions) { $0 }
      }),
  ]
}

/// A function of the loss per token. Resamples draw whole texts, since the tokens of one are no independent examples.
private struct MeanLoss: ResampledStatistic {
  private let losses: [(nats: Double, tokens: Int)]
  private let function: @Sendable (Double) -> Double

  init(_ predictions: [Prediction], _ function: @escaping @Sendable (Double) -> Double) {
    self.function = function
    losses = predictions.compactMap {
      if case .likelihood(let nats, let tokens) = $0 { (nats, tokens) } else { nil }
    }
  }

  var count: Int { losses.count }

  func value(of multiplicity: [Int32]) -> Double {
    var (nats, tokens) = (0.0, 0)
    for (loss, times) in zip(losses, multiplicity) {
      nats += Double(times) * loss.nats
      tokens += Int(times) * loss.tokens
    }
    return function(nats / Double(tokens))
  }
}
