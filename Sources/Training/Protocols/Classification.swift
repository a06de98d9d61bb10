import Checkpoints
import Models
import Results
import Support
import Tasks
import Tensors
import Tokenization

/// Classification of a text or a pair of texts. The head has one logit for each label; the loss is the cross-entropy, a
/// mean over the examples.
struct Classification: TaskProtocol {
  let name = ProtocolKind.classification.rawValue
  let metrics: [Metric]
  let primaryMetric: Metric
  private var map: LabelMap

  init(_ task: BenchmarkTask) {
    (metrics, primaryMetric) = task.metrics(.classification)
    map = LabelMap(task.labels)
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

  func encode(_ data: SplitData, for use: EncodingUse, tokenizer: any Tokenizer, maximumLength: Int) throws
    -> any EncodedExamples
  {
    let map = map
    return try EncodedTexts(data, tokenizer: tokenizer, maximumLength: maximumLength) { positions in
      .classes(
        positions.map { if case .label(let label)? = data.examples[$0].answer { map.output(of: label) } else { -100 } })
    }
  }

  func predictions(
    of examples: any EncodedExamples, by model: any Model, tokenBudget: Int, progress: ScoringProgress
  ) -> [Prediction] {
    var result: [Prediction] = []
    forEachPass(over: examples, by: model, tokenBudget, progress) { logits, _, _ in
      let output = logits.value
      result += (0..<output.rows).map { row in
        let logits = map.logits(output.pointer + row * output.columns)
        return .label(logits.indexOfFirstLargest ?? 0, logits: logits)
      }
    }
    return result
  }

  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? {
    zip(data.examples, predictions).compactMap { example, prediction in
      guard case .label(let predicted, let logits) = prediction else { return nil }
      var right = ""
      if case .label(let label)? = example.answer { right = map.labels[label] }
      return .init(
        index: example.index, prediction: map.labels[predicted], label: right, logits: logits, id: example.id)
    }
  }

  func sample(_ prediction: Prediction, of example: Example) -> [JSONObject.Member] {
    guard case .label(let predicted, let logits) = prediction else { return [] }
    var gold = JSON.null
    if case .label(let label)? = example.answer { gold = .text(map.labels[label]) }
    return [
      .init("gold", gold), .init("prediction", .text(map.labels[predicted])),
      .init("logits", .array(logits.map { .real(Double($0)) })),
    ]
  }

  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig {
    config.saved(
      architecture: architecture, labels: map.namesOfOutputs, problemType: "single_label_classification")
  }
}
