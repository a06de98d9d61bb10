import Checkpoints
import Models
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

  func encode(_ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int) throws -> any EncodedExamples {
    try TextSequences(data, tokenizer: tokenizer, packing: packing, maximumLength: maximumLength)
  }

  /// One likelihood for the whole batch. The metrics need only sums over tokens.
  func predictions(_ logits: Variable, of batch: PackedBatch, towards targets: HeadTargets, on tape: Tape)
    -> [Prediction]
  {
    let tokens = targets.count(in: batch)
    let mean = tape.loss(logits, targets, of: batch, count: max(1, tokens)).value.pointer[0]
    return [.likelihood(nats: Double(mean) * Double(tokens), tokens: tokens)]
  }

  /// Training sequences at even intervals, on which perplexity is measured as on the held-out text.
  func trainingSample(_ examples: any EncodedExamples, count: Int) -> (any EncodedExamples)? {
    (examples as? TextSequences)?.sample(count)
  }

  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig {
    config.saved(architecture: architecture, labels: nil, problemType: nil)
  }
}
