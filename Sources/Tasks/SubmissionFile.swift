import Foundation
import Support

/// Predictions in the form that a task's leaderboard takes, which the extension of the file's name decides.
///
///     CoLA.tsv            index<tab>prediction, with a header (GLUE); numbers have three decimals
///     predictions.csv     id,choice (ARC, OpenBookQA, CommonsenseQA)
///     piqa-test.lst       one choice a line (PIQA, WinoGrande)
///     predictions.json    {"id": "text"} (SQuAD)
package enum SubmissionFile {
  /// - Returns: `nil` for a name whose extension stands for no form, or for predictions that have none.
  package static func bytes(
    named name: String, of task: BenchmarkTask, _ predictions: [Prediction], for data: SplitData
  ) -> [UInt8]? {
    let answers = zip(data.examples, predictions).map { answer($1, to: $0, task) }
    switch name.split(separator: ".").last {
    case "tsv":
      var text = Array("index\tprediction\n".utf8)
      for (example, answer) in zip(data.examples, answers) {
        text += Array("\(example.index)\t".utf8) + answer + [UInt8(ascii: "\n")]
      }
      return text
    case "csv":
      return zip(data.examples, answers).flatMap { example, answer in
        Array("\(example.id ?? String(example.index)),".utf8) + answer + [UInt8(ascii: "\n")]
      }
    case "lst": return answers.flatMap { $0 + [UInt8(ascii: "\n")] }
    case "json":
      let members = zip(data.examples, answers).map { example, answer in
        JSONObject.Member(ByteString(example.id ?? String(example.index)), .text(answer))
      }
      return JSON.object(JSONObject(members)).serialized()
    default: return nil
    }
  }

  /// The probability that each question has no answer, as the official script of SQuAD 2.0 takes it (`--na-prob-file`).
  package static func noAnswerBytes(_ predictions: [Prediction], for data: SplitData) -> [UInt8]? {
    var members: [JSONObject.Member] = []
    for (example, prediction) in zip(data.examples, predictions) {
      guard case .span(let span) = prediction, let score = span.nullScore else { return nil }
      members.append(.init(ByteString(example.id ?? String(example.index)), .real(Double(score))))
    }
    return members.isEmpty ? nil : JSON.object(JSONObject(members)).serialized()
  }

  private static func answer(_ prediction: Prediction, to example: Example, _ task: BenchmarkTask) -> [UInt8] {
    switch prediction {
    case .label, .choices:
      let position = prediction.label ?? 0
      let names = example.choiceNames.isEmpty ? task.labelValues : example.choiceNames
      return names.indices.contains(position) ? names[position] : Array(String(position).utf8)
    case .number(let number): return Array(String(format: "%.3f", number).utf8)
    case .span(let span): return span.text
    case .generated(let generated): return generated.extracted ?? []
    case .likelihood: return []
    }
  }
}
