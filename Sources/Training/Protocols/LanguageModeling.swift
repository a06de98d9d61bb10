import Checkpoints
import Models
import Tasks
import Tensors
import Tokenization

/// The next token of running text: cross-entropy over the vocabulary, a mean over the predicted tokens.
struct LanguageModeling: TaskProtocol {
  let name = "language-modeling"
  let head = HeadKind.languageModel
  let metrics = Metric.languageModeling
  var primaryMetric: Metric { metrics[0] }
  let packing: RunSettings.Packing

  func encode(_ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int) throws -> any EncodedExamples {
    try TextSequences(data, tokenizer: tokenizer, packing: packing, maximumLength: maximumLength)
  }

  /// One prediction for the whole batch: single tokens are of no interest.
  func predictions(_ logits: Variable, of batch: PackedBatch, towards targets: HeadTargets, on tape: Tape)
    -> [Prediction]
  {
    let tokens = targets.count(in: batch)
    let mean = tape.loss(logits, targets, of: batch, count: max(1, tokens)).value.pointer[0]
    return [.likelihood(nats: Double(mean) * Double(tokens), tokens: tokens)]
  }

  /// Training text is scored as held-out text is, on as many sequences.
  func trainingSample(_ examples: any EncodedExamples, count: Int) -> (any EncodedExamples)? {
    (examples as? TextSequences)?.sample(count)
  }

  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig {
    config.saved(architecture: architecture, labels: nil, problemType: nil)
  }
}
