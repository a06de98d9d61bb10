import Models
import Support
import Tasks
import Tensors
import Tokenization

/// Prediction of the next token of running text. The loss is the cross-entropy over the vocabulary, a mean over the
/// predicted tokens.
struct LanguageModeling: TaskProtocol {
  let name = "language-modeling"
  let head = HeadKind.languageModel
  let metrics = Metric.languageModeling
  var primaryMetric: Metric { metrics[0] }
  let packing: RunSettings.Packing

  func encode(_ data: SplitData, for use: EncodingUse, tokenizer: any Tokenizer, maximumLength: Int) throws
    -> any EncodedExamples
  {
    try TextSequences(data, tokenizer: tokenizer, packing: packing, maximumLength: maximumLength)
  }

  /// One likelihood for each pass. The metrics need only sums over tokens.
  func predictions(
    of examples: any EncodedExamples, by model: any Model, tokenBudget: Int, progress: ScoringProgress
  ) -> [Prediction] {
    var result: [Prediction] = []
    for range in TokenBudget.ranges(examples.lengths, budget: tokenBudget) {
      let batch = Profiler.operation("batch") { examples.batch(range) }
      let tokens = HeadTargets.nextTokens.count(in: batch)
      let mean = Profiler.operation("pass") {
        model.loss(
          .nextTokens, of: batch, mass: .plain, weight: Double(max(1, tokens)),
          on: Tape(isTraining: false, precision: model.precision))
      }
      result.append(.likelihood(nats: Double(mean.value.values[0]) * Double(tokens), tokens: tokens))
      progress(range.upperBound, examples.lengths.count)
    }
    return result
  }

  /// Training sequences at even intervals, on which perplexity is measured as on the held-out text.
  func trainingSample(_ examples: any EncodedExamples, count: Int) -> (any EncodedExamples)? {
    (examples as? TextSequences)?.sample(count)
  }
}
