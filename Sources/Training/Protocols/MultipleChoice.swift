import Models
import Results
import Support
import Tasks
import Tensors
import Tokenization

/// One of several choices, each read together with the text. The head has one score for each choice; the loss is the
/// cross-entropy over an example's choices, a mean over the examples.
struct MultipleChoice: TaskProtocol {
  let name = ProtocolKind.multipleChoice.rawValue
  let head = HeadKind.multipleChoice
  let metrics: [Metric]
  let primaryMetric: Metric
  private let names = ChoiceNames(labels: [])

  init(_ task: BenchmarkTask) { (metrics, primaryMetric) = task.metrics(.multipleChoice) }

  func encode(_ data: SplitData, for use: EncodingUse, tokenizer: any Tokenizer, maximumLength: Int) throws
    -> any EncodedExamples
  {
    try EncodedTexts(data, tokenizer: tokenizer, maximumLength: maximumLength) { positions in
      let examples = positions.map { data.examples[$0] }
      return .choices(
        offsets: examples.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.inputs.count) },
        correct: examples.map { if case .label(let label)? = $0.answer { label } else { -100 } })
    }
  }

  func predictions(
    of examples: any EncodedExamples, by model: any Model, tokenBudget: Int, progress: ScoringProgress
  ) -> [Prediction] {
    var result: [Prediction] = []
    forEachPass(over: examples, by: model, tokenBudget, progress) { logits, _, positions in
      var scores = logits.value.values[...]
      for position in positions {
        let own = Array(scores.prefix(examples.data.examples[position].inputs.count))
        scores = scores.dropFirst(own.count)
        result.append(.label(own.indexOfFirstLargest ?? 0, logits: own))
      }
    }
    return result
  }

  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? {
    names.rows(predictions, of: data)
  }

  func sample(_ prediction: Prediction, of example: Example) -> [JSONObject.Member] {
    guard case .label(_, let logits) = prediction else { return [] }
    return names.sample(prediction, of: example) + [.init("logits", .array(logits.map { .real(Double($0)) }))]
  }
}
