import Checkpoints
import Models
import Results
import Support
import Tasks
import Tensors
import Tokenization

/// How a kind of task is trained and scored. Each kind has a file in this folder.
///
/// A protocol is made from a task alone and then fitted to the head of a checkpoint. After that, it encodes examples,
/// makes predictions with a model, and writes its part of a saved model's config.
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

  /// Takes the tokens that end a text of the checkpoint, where the protocol writes texts.
  mutating func adopt(endTokens: () throws -> Set<Int32>) throws

  /// The most tokens of an example's input that are kept.
  func keptTokens(of maximumLength: Int, for use: EncodingUse) -> Int

  /// Encodes the examples of a split.
  ///
  /// - Throws: the error of an example that cannot be encoded, or of a maximum length that is too short.
  func encode(_ data: SplitData, for use: EncodingUse, tokenizer: any Tokenizer, maximumLength: Int) throws
    -> any EncodedExamples

  /// The predictions for encoded examples, in their order.
  ///
  /// - Parameters:
  ///   - examples: examples that this protocol encoded for ``EncodingUse/scoring``.
  ///   - tokenBudget: the most tokens in a forward pass, which bounds memory. An example is never divided.
  ///   - progress: called now and then with how much is done.
  func predictions(
    of examples: any EncodedExamples, by model: any Model, tokenBudget: Int, progress: ScoringProgress
  ) throws -> [Prediction]

  /// The passes of ``predictions(of:by:tokenBudget:progress:)`` that may need the most memory.
  func largestPasses(of examples: any EncodedExamples, tokenBudget: Int) -> [PackedBatch]

  /// The tokens whose keys and values ``predictions(of:by:tokenBudget:progress:)`` would keep if memory were no matter.
  func cachedTokens(of examples: any EncodedExamples) -> Int

  /// A sample of about `count` training examples, on which a run scores its last model; `nil` where a run does not.
  func trainingSample(_ examples: any EncodedExamples, count: Int) -> (any EncodedExamples)?

  /// Rows of the predictions file; `nil` where the protocol writes no such file.
  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]?

  /// What `--samples` says of an example beside its index: gold, prediction and how the prediction came about.
  func sample(_ prediction: Prediction, of example: Example) -> [JSONObject.Member]

  /// The config of a saved model: a copy of the checkpoint's config with this protocol's values, e.g. the labels.
  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig

  /// Whether predictions are scored by the longest text that the model holds, not cut to the length of training.
  var scoresWholeTexts: Bool { get }
}

/// Takes how many of a split's examples, windows or batches have been scored, and their total.
typealias ScoringProgress = (_ done: Int, _ total: Int) -> Void

/// What a split is encoded for.
enum EncodingUse: Sendable {
  case training
  case scoring
}

extension TaskProtocol {
  var classes: [String]? { nil }
  mutating func adopt(_ head: CheckpointHead) -> String? { nil }
  mutating func adopt(endTokens: () throws -> Set<Int32>) throws {}
  func keptTokens(of maximumLength: Int, for use: EncodingUse) -> Int { maximumLength }
  func trainingSample(_ examples: any EncodedExamples, count: Int) -> (any EncodedExamples)? { nil }
  func cachedTokens(of examples: any EncodedExamples) -> Int { 0 }
  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? { nil }
  func sample(_ prediction: Prediction, of example: Example) -> [JSONObject.Member] { [] }
  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig {
    config.saved(architecture: architecture, labels: nil, problemType: nil)
  }
  var scoresWholeTexts: Bool { false }
  /// Whether a score compares predictions with right answers. A language model's text is its own answer.
  var needsAnswers: Bool { metrics.contains(where: \.usesAnswers) }

  func largestPasses(of examples: any EncodedExamples, tokenBudget: Int) -> [PackedBatch] {
    EvaluationPasses.largest(examples.sequenceLengths, tokenBudget: tokenBudget)
  }

  /// Runs a model over examples without dropout, in the order of their file.
  ///
  /// - Parameter read: takes the output of the model's head for a batch and the positions of the examples in it.
  func forEachPass(
    over examples: any EncodedExamples, by model: any Model, _ tokenBudget: Int, _ progress: ScoringProgress,
    _ read: (_ logits: Variable, _ batch: PackedBatch, _ positions: Range<Int>) throws -> Void
  ) rethrows {
    for range in TokenBudget.ranges(examples.lengths, budget: tokenBudget) {
      let batch = Profiler.operation("batch") { examples.batch(range) }
      let logits = Profiler.operation("pass") {
        model.logits(batch, on: Tape(isTraining: false, precision: model.precision))
      }
      try read(logits, batch, range)
      progress(range.upperBound, examples.lengths.count)
    }
  }
}

/// The output layer of a head in a checkpoint's weights.
struct CheckpointHead: Sendable {
  /// Number of rows of the layer, one for each label.
  let outputs: Int
  /// Label names in the order of the rows, from `config.json`; `nil` where it names none.
  let labels: [String]?
  /// Whether the layer scores choices, by the model's class in `config.json`; `nil` where it names none. The layer of a
  /// classifier has the same name.
  var scoresChoices: Bool?

  /// Why the layer does not fit a protocol's kind of head; `nil` where it may fit.
  func misfit(_ kind: HeadKind) -> String? {
    switch kind {
    case .multipleChoice where scoresChoices == false || outputs != 1:
      "its classifier was trained for \(outputs == 1 ? "numbers" : "\(outputs) labels"), not to compare choices"
    case .classification where scoresChoices == true, .regression where scoresChoices == true:
      "its classifier was trained to compare choices"
    default: nil
    }
  }
}

extension BenchmarkTask {
  /// The protocol of this task of a kind that it has.
  func taskProtocol(_ kind: ProtocolKind, _ settings: RunSettings) -> any TaskProtocol {
    switch kind {
    case .classification: Classification(self)
    case .regression: Regression(self)
    case .span: SpanExtraction(self, settings)
    case .multipleChoice: MultipleChoice(self)
    case .likelihood: ChoiceLikelihood(self, settings)
    case .generation: AnswerGeneration(self, settings)
    }
  }

  /// The metrics that predictions of a protocol have, the primary one first among equals.
  func metrics(_ kind: ProtocolKind) -> (all: [Metric], primary: Metric) {
    let all = metrics.filter { $0.scores(kind) }
    return (all, primaryMetric.scores(kind) ? primaryMetric : all.first ?? primaryMetric)
  }
}

extension Metric {
  /// Whether predictions of a protocol have what the metric compares. Only log-likelihoods can be divided by lengths.
  func scores(_ kind: ProtocolKind) -> Bool { name != "accuracy_norm" || kind == .likelihood }
}
