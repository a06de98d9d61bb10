import Checkpoints
import Models
import Results
import Tasks
import Tensors
import Tokenization

/// What is trained and how it is scored: one file of this folder for each kind of task.
///
/// A protocol is made from a task alone, then fitted to the head of a checkpoint, and from then on encodes examples,
/// reads predictions off logits, and says what a saved model's config says of it.
protocol TaskProtocol: Sendable {
  /// As in `task.yaml` and `results.json`.
  var name: String { get }
  var head: HeadKind { get }
  var metrics: [Metric] { get }
  /// What makes a model the best.
  var primaryMetric: Metric { get }

  /// Fits the protocol to the head that a checkpoint brings.
  ///
  /// - Returns: why a new head is made in place of the checkpoint's, for the user; `nil` where that one is used, or none
  ///   is there.
  mutating func adopt(_ head: CheckpointHead) -> String?

  /// - Throws: an error that names file and line of an example that cannot be encoded.
  func encode(_ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int) throws -> any EncodedExamples

  /// What a model says of the sequences of a batch.
  ///
  /// - Parameter logits: what the model's head gave for `batch`, on a tape that does not train.
  func predictions(_ logits: Variable, of batch: PackedBatch, towards targets: HeadTargets, on tape: Tape)
    -> [Prediction]

  /// The examples, about `count` of them, on which a run measures how well the training data are learnt; `nil` for none.
  func trainingSample(_ examples: any EncodedExamples, count: Int) -> (any EncodedExamples)?

  /// Rows of the predictions file; `nil` where there is none.
  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]?

  /// The config of a saved model: the checkpoint's own, but for what this protocol decides.
  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig
}

extension TaskProtocol {
  mutating func adopt(_ head: CheckpointHead) -> String? { nil }
  func trainingSample(_ examples: any EncodedExamples, count: Int) -> (any EncodedExamples)? { nil }
  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? { nil }
}

/// The output layer that a checkpoint's weights hold for a kind of head.
struct CheckpointHead: Sendable {
  /// Rows of the layer: one for each label.
  let outputs: Int
  /// Names that `config.json` gives to them; `nil` where it names none.
  let labels: [String]?
}

extension BenchmarkTask {
  /// How this kind of task is trained and scored.
  var taskProtocol: any TaskProtocol {
    switch kind {
    case .classification: Classification(self)
    }
  }

  /// What a model for this task puts on its transformer.
  package var head: HeadKind { taskProtocol.head }
}
