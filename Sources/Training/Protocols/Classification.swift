import Checkpoints
import Models
import Results
import Tasks
import Tensors
import Tokenization

/// Classification of a text or a pair of texts. The head has one logit for each label; the loss is the cross-entropy, a
/// mean over the examples.
struct Classification: TaskProtocol {
  let name = TaskKind.classification.rawValue
  let metrics: [Metric]
  let primaryMetric: Metric
  private var map: LabelMap

  init(_ task: BenchmarkTask) {
    (metrics, primaryMetric, map) = (task.metrics, task.primaryMetric, LabelMap(task.labels))
  }

  var head: HeadKind { .classification(labels: map.labels.count) }
  var classes: [String]? { map.namesOfOutputs }

  mutating func adopt(_ head: CheckpointHead) -> String? {
    if let fitting = LabelMap(map.labels, onto: head) {
      map = fitting
      return nil
    }
    let found = head.labels.map { $0.joined(separator: ", ") } ?? "none that are named, and \(head.outputs) outputs"
    return "its classifier has the labels \(found); the task has \(map.labels.joined(separator: ", "))"
  }

  func encode(_ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int) throws -> any EncodedExamples {
    let map = map
    return try EncodedTexts(data, tokenizer: tokenizer, maximumLength: maximumLength) { answers in
      .classes(answers.map { if case .label(let label) = $0 { map.output(of: label) } else { -100 } })
    }
  }

  func predictions(_ logits: Variable, of batch: PackedBatch, towards targets: HeadTargets, on tape: Tape)
    -> [Prediction]
  {
    let output = logits.value
    return (0..<output.rows).map { row in
      let logits = map.logits(output.pointer + row * output.columns)
      return .label(logits.indexOfLargest, logits: logits)
    }
  }

  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? {
    zip(data.examples, predictions).compactMap { example, prediction in
      guard case .label(let predicted, let logits) = prediction else { return nil }
      var right = ""
      if case .label(let label)? = example.answer { right = map.labels[label] }
      return .init(index: example.index, prediction: map.labels[predicted], label: right, logits: logits)
    }
  }

  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig {
    config.saved(
      architecture: architecture, labels: map.namesOfOutputs, problemType: "single_label_classification")
  }
}

extension [Float] {
  /// The index of the largest element, the first of equal ones, as PyTorch's `argmax`; 0 for an empty array.
  package var indexOfLargest: Int {
    var best = 0
    for index in indices where self[index] > self[best] { best = index }
    return best
  }
}
