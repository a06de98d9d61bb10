import Checkpoints
import Models
import Results
import Tasks
import Tensors
import Tokenization

/// A number for a text or a pair of texts: squared error of the one output, a mean over the examples.
struct Regression: TaskProtocol {
  let name = TaskKind.regression.rawValue
  let head = HeadKind.regression
  let metrics: [Metric]
  let primaryMetric: Metric

  init(_ task: BenchmarkTask) { (metrics, primaryMetric) = (task.metrics, task.primaryMetric) }

  func adopt(_ head: CheckpointHead) -> String? {
    head.outputs == 1 ? nil : "its classifier has \(head.outputs) outputs; the task asks for one number"
  }

  func encode(_ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int) throws -> any EncodedExamples {
    try EncodedTexts(data, tokenizer: tokenizer, maximumLength: maximumLength) { answers in
      .values(answers.map { if case .number(let number) = $0 { Float(number) } else { .nan } })
    }
  }

  func predictions(_ logits: Variable, of batch: PackedBatch, towards targets: HeadTargets, on tape: Tape)
    -> [Prediction]
  {
    logits.value.values.map(Prediction.number)
  }

  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? {
    zip(data.examples, predictions).compactMap { example, prediction in
      guard case .number(let predicted) = prediction else { return nil }
      var right = ""
      if case .number(let number)? = example.answer { right = number.description }
      return .init(index: example.index, prediction: predicted.description, label: right, logits: [predicted])
    }
  }

  func saved(_ config: HuggingFaceConfig, architecture: String) -> HuggingFaceConfig {
    config.saved(architecture: architecture, labels: ["LABEL_0"], problemType: "regression")
  }
}
