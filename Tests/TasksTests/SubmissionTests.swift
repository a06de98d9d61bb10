import Support
import Tasks
import TestSupport
import Testing

/// The forms that leaderboards take predictions in.
@Suite struct SubmissionTests {
  private func task(_ name: String) throws -> BenchmarkTask {
    try TaskRegistry.find(SharedData.packageRoot + "/tasks/\(name)/task.yaml")
  }

  private func text(
    _ name: String, _ task: String, _ predictions: [Prediction], _ examples: [Example]
  ) throws -> String? {
    let data = SplitData(split: .test, examples: examples, available: examples.count, files: [])
    return try SubmissionFile.bytes(named: name, of: self.task(task), predictions, for: data)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private func example(_ index: Int, id: String? = nil, choices: [String] = []) -> Example {
    Example(
      index: index, line: index + 2, id: id, inputs: [], answer: nil, choiceNames: choices.map { Array($0.utf8) })
  }

  private let second = Prediction.label(1, logits: [0, 1])

  /// GLUE: labels as its files have them, and numbers with three decimals.
  @Test func glue() throws {
    let examples = [example(0), example(7)]
    #expect(
      try text("CoLA.tsv", "cola", [second, .label(0, logits: [1, 0])], examples) == "index\tprediction\n0\t1\n7\t0\n")
    #expect(
      try text("RTE.tsv", "rte", [second, .label(0, logits: [1, 0])], examples)
        == "index\tprediction\n0\tnot_entailment\n7\tentailment\n")
    #expect(
      try text("STS-B.tsv", "stsb", [.number(2.3456), .number(-0.25)], examples)
        == "index\tprediction\n0\t2.346\n7\t-0.250\n")
  }

  @Test func choices() throws {
    let likelihoods = Prediction.choices(
      [-9, -2, -2].map { ChoiceScore(logLikelihood: $0, tokens: 1, characters: 1, bytes: 1) })
    let examples = [example(0, id: "Q-1", choices: ["A", "B", "C"]), example(1, choices: ["1", "2", "3"])]
    #expect(try text("predictions.csv", "arc_easy", [second, likelihoods], examples) == "Q-1,B\n1,2\n")
    #expect(try text("piqa-test.lst", "piqa", [second, likelihoods], [example(0), example(1)]) == "1\n1\n")
    #expect(try text("predictions.lst", "winogrande", [second, likelihoods], examples) == "B\n2\n")
  }

  @Test func squad() throws {
    let spans = [("a \"b\"", Float(-1.5)), ("", Float(2))].map {
      Prediction.span(SpanPrediction(text: Array($0.0.utf8), best: [], nullScore: $0.1))
    }
    let examples = [example(0, id: "x"), example(1)]
    let data = SplitData(split: .test, examples: examples, available: 2, files: [])
    let written = try text("predictions.json", "squad_v2", spans, examples) ?? ""
    let answers = try JSON.parse(Array(written.utf8))
    #expect(answers["x"]?.string == "a \"b\"" && answers["1"]?.string == "")
    let scores = try JSON.parse(try #require(SubmissionFile.noAnswerBytes(spans, for: data)))
    #expect(scores["x"]?.double == -1.5 && scores["1"]?.double == 2)
    let without = [Prediction.span(SpanPrediction(text: [], best: [], nullScore: nil))]
    #expect(SubmissionFile.noAnswerBytes(without, for: data) == nil)
  }

  @Test func generatedTexts() throws {
    let generated = Prediction.generated(
      GeneratedText(text: Array("it is answer2".utf8), tokens: [], extracted: Array("answer2".utf8)))
    let none = Prediction.generated(GeneratedText(text: Array("?".utf8), tokens: [], extracted: nil))
    #expect(try text("a.lst", "arc_easy", [generated, none], [example(0), example(1)]) == "answer2\n\n")
    #expect(try text("a.txt", "arc_easy", [generated], [example(0)]) == nil)
  }
}
