import Checkpoints
import Models
import Results
import Tasks
import Tensors
import Tokenization

/// How a kind of task is trained and scored. Each kind has a file in this folder.
///
/// A protocol is made from a task alone and then fitted to the head of a checkpoint. After that, it encodes examples,
/// reads predictions off logits, and writes its part of a saved model's config.
protocol TaskProtocol: Sendable {
  /// The `protocol` of a task in `results.json`, e.g. `classification`.
  var name: String { get }
  var head: HeadKind { get }
  /// The names of the head's classes in the order of its outputs; `nil` where it has no classes.
  var classes: [String]? { get }
  var metrics: [Metric] { get }
  /// The metric that decides which model is the best.
  var primaryMetric: Metric { get }

  /// Fits the protocol to the head that a checkpoint brings.
  ///
  /// - Returns: a text for the user that says why a new head must replace the checkpoint's; `nil` if the checkpoint's
  ///   head is used.
  mutating func adopt(_ head: CheckpointHead) -> String?

  /// Encodes the examples of a split.
  ///
  /// - Throws: the error of an example that cannot be encoded, or of a maximum length that is too short.
  func encode(_ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int) throws -> any EncodedExamples

  /// Reads the predictions for a batch off the logits.
  ///
  /// - Parameter logits: the output of the model's head for `batch`, on a tape without training.
  func predictions(_ logits: Variable, of batch: PackedBatch, towards targets: HeadTargets, on tape: Tape)
    -> [Prediction]

  /// A sample of about `count` training examples, on which a run scores its last model; `nil` where a run does not.
  func trainingSample(_ examples: any EncodedExamples, count: Int) -> (any EncodedExamples)?

  /// Rows of the predictions file; `nil` where the protocol writes no such file.
  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]?

  /// The config of a saved model: a copy of the checkpoint's config with this protocol's values, e.g. the labels.
  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig
}

extension TaskProtocol {
  var classes: [String]? { nil }
  mutating func adopt(_ head: CheckpointHead) -> String? { nil }
  func trainingSample(_ examples: any EncodedExamples, count: Int) -> (any EncodedExamples)? { nil }
  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? { nil }
}

/// The output layer of a sequence classifier in a checkpoint's weights.
struct CheckpointHead: Sendable {
  /// Number of rows of the layer, one for each label.
  let outputs: Int
  /// Label names in the order of the rows, from `config.json`; `nil` where it names none.
  let labels: [String]?
}

extension BenchmarkTask {
  /// The protocol of this task's kind.
  var taskProtocol: any TaskProtocol {
    Classification(self)
  }

  /// The head that a model for this task has on its transformer.
  package var head: HeadKind { taskProtocol.head }
}
