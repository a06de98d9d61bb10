import Results
import Support
import Tasks

/// The names of an example's choices in predictions: those of its file, or else the labels of the task.
struct ChoiceNames: Sendable {
  let labels: [String]

  func name(_ choice: Int, of example: Example) -> String {
    if example.choiceNames.indices.contains(choice) {
      return String(decoding: example.choiceNames[choice], as: UTF8.self)
    }
    return labels.indices.contains(choice) ? labels[choice] : String(choice)
  }

  func gold(of example: Example) -> String? {
    if case .label(let label)? = example.answer { name(label, of: example) } else { nil }
  }

  /// Rows of the predictions file, with the score of each choice as its logits.
  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row] {
    zip(data.examples, predictions).compactMap { example, prediction in
      guard let predicted = prediction.label else { return nil }
      let scores: [Float]
      switch prediction {
      case .label(_, let logits): scores = logits
      case .choices(let choices): scores = choices.map { Float($0.logLikelihood) }
      default: return nil
      }
      return .init(
        index: example.index, prediction: PredictionsFile.field(name(predicted, of: example)),
        label: PredictionsFile.field(gold(of: example) ?? ""), logits: scores, id: example.id)
    }
  }

  func sample(_ prediction: Prediction, of example: Example) -> [JSONObject.Member] {
    [
      .init("gold", gold(of: example).map(JSON.text) ?? .null),
      .init("prediction", prediction.label.map { .text(name($0, of: example)) } ?? .null),
    ]
  }
}
