import Models
import Results
import Support
import Tasks
import Tensors
import Tokenization

/// The part of a passage that answers a question. The head has two logits for each token, for the first and the last of
/// the answer; the loss is the mean of their two cross-entropies, a mean over the windows.
struct SpanExtraction: TaskProtocol {
  let name = ProtocolKind.span.rawValue
  let head = HeadKind.spanExtraction
  let metrics: [Metric]
  let primaryMetric: Metric
  private let stride: Int?
  private let search: SpanSearch

  init(_ task: BenchmarkTask, _ settings: RunSettings) {
    (metrics, primaryMetric) = task.metrics(.span)
    stride = settings.docStride
    search = SpanSearch(
      longestAnswer: settings.maximumAnswerLength, allowsNoAnswer: task.allowsNoAnswer,
      threshold: settings.nullScoreThreshold)
  }

  func encode(_ data: SplitData, for use: EncodingUse, tokenizer: any Tokenizer, maximumLength: Int) throws
    -> any EncodedExamples
  {
    try EncodedPassages(
      data, tokenizer: tokenizer, maximumLength: maximumLength,
      stride: SpanExtraction.stride(stride, maximumLength: maximumLength), keepsOffsets: use == .scoring)
  }

  /// The tokens that windows share. They must share less than they hold, so that the default yields to a short maximum
  /// length.
  static func stride(_ given: Int?, maximumLength: Int) -> Int { given ?? min(128, maximumLength / 3) }

  func predictions(
    of examples: any EncodedExamples, by model: any Model, tokenBudget: Int, progress: ScoringProgress
  ) -> [Prediction] {
    guard let encoded = examples as? EncodedPassages else { return [] }
    var searches = encoded.data.examples.map { _ in search }
    forEachPass(over: encoded, by: model, tokenBudget, progress) { logits, batch, positions in
      let output = logits.value
      for (sequence, position) in positions.enumerated() {
        let tokens = batch.offsets[sequence]..<batch.offsets[sequence + 1]
        let window = encoded.windows[position]
        searches[window.example].add(
          passage: window.passage, offsets: window.offsets, starts: tokens.map { output.pointer[2 * $0] },
          ends: tokens.map { output.pointer[2 * $0 + 1] })
      }
    }
    return zip(encoded.data.examples, searches).map { example, search in
      .span(search.prediction(in: example.inputs[0].second ?? []))
    }
  }

  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? {
    zip(data.examples, predictions).compactMap { example, prediction in
      guard case .span(let span) = prediction else { return nil }
      return .init(
        index: example.index, prediction: PredictionsFile.field(span.text),
        label: PredictionsFile.field(SpanExtraction.gold(of: example).first ?? []),
        logits: span.best.first.map { [$0.score] } ?? [], id: example.id)
    }
  }

  func sample(_ prediction: Prediction, of example: Example) -> [JSONObject.Member] {
    guard case .span(let span) = prediction else { return [] }
    let best = span.best.map { candidate in
      JSON.object(
        JSONObject([
          .init("text", .text(candidate.text)), .init("score", .real(Double(candidate.score))),
          .init("probability", .real(candidate.probability)),
        ]))
    }
    return [
      .init("gold", .array(SpanExtraction.gold(of: example).map { JSON.text($0) })),
      .init("prediction", .text(span.text)), .init("text", .text(span.text)), .init("n_best", .array(best)),
      .init("null_score_difference", span.nullScore.map { .real(Double($0)) } ?? .null),
    ]
  }

  private static func gold(of example: Example) -> [[UInt8]] {
    if case .spans(let spans)? = example.answer { spans.map(\.text) } else { [] }
  }
}
