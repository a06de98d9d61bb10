import Checkpoints
import Models
import Results
import Support
import Tasks
import Tensors
import Tokenization

/// A number for a text or a pair of texts. The head has one output; the loss is the squared error, a mean over the
/// examples.
struct Regression: TaskProtocol {
  let name = ProtocolKind.regression.rawValue
  let head = HeadKind.regression
  let metrics: [Metric]
  let primaryMetric: Metric

  init(_ task: BenchmarkTask) { (metrics, primaryMetric) = task.metrics(.regression) }

  func adopt(_ head: CheckpointHead) -> String? {
    head.outputs == 1 ? nil : "its classifier has \(head.outputs) outputs; the task asks for one number"
  }

  func encode(_ data: SplitData, for use: EncodingUse, tokenizer: any Tokenizer, maximumLength: Int) throws
    -> any EncodedExamples
  {
    try EncodedTexts(data, tokenizer: tokenizer, maximumLength: maximumLength) { positions in
      .values(positions.map { if case .number(let number)? = data.examples[$0].answer { Float(number) } else { .nan } })
    }
  }

  func predictions(
    of examples: any EncodedExamples, by model: any Model, tokenBudget: Int, progress: ScoringProgress
  ) -> [Prediction] {
    var result: [Prediction] = []
    forEachPass(over: examples, by: model, tokenBudget, progress) { logits, _, _ in
      result += logits.value.values.map(Prediction.number)
    }
    return result
  }

  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? {
    zip(data.examples, predictions).compactMap { example, prediction in
      guard case .number(let predicted) = prediction else { return nil }
      var right = ""
      if case .number(let number)? = example.answer { right = number.description }
      return .init(
        index: example.index, prediction: predicted.description, label: right, logits: [predicted], id: example.id)
    }
  }

  func sample(_ prediction: Prediction, of example: Example) -> [JSONObject.Member] {
    guard case .number(let predicted) = prediction else { return [] }
    var gold = JSON.null
    if case .number(let number)? = example.answer { gold = .real(number) }
    let number = JSON.real(Double(predicted))
    return [.init("gold", gold), .init("prediction", number), .init("logits", .array([number]))]
  }

  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig {
    config.saved(architecture: architecture, labels: ["LABEL_0"], problemType: "regression")
  }
}
