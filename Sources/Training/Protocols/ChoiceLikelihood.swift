import Models
import Results
import Support
import Tasks
import Tokenization

/// Choices compared by how likely a language model finds each after the context, as the common evaluation harness does.
///
/// The context and a choice are encoded together. In training, the loss is the cross-entropy of the right choice's
/// tokens (with `--train-on-prompt` also of the context's), a mean over the predicted tokens.
struct ChoiceLikelihood: TaskProtocol {
  let name = ProtocolKind.likelihood.rawValue
  let head = HeadKind.languageModel
  let metrics: [Metric]
  let primaryMetric: Metric
  private let names: ChoiceNames
  /// Length of what stands between context and choice, which is no part of the choice.
  private let separator: Int
  private let trainsOnPrompt: Bool

  init(_ task: BenchmarkTask, _ settings: RunSettings) {
    (metrics, primaryMetric) = task.metrics(.likelihood)
    names = ChoiceNames(labels: task.labels)
    separator = task.separatorLength
    trainsOnPrompt = settings.trainOnPrompt
  }

  var scoresWholeTexts: Bool { true }

  func encode(_ data: SplitData, for use: EncodingUse, tokenizer: any Tokenizer, maximumLength: Int) throws
    -> any EncodedExamples
  {
    try EncodedContinuations(
      data, tokenizer: tokenizer, maximumLength: maximumLength, predictsContext: use == .training && trainsOnPrompt
    ) { (example) throws(TokenizerError) in
      var inputs = example.inputs
      if use == .training, case .label(let label)? = example.answer { inputs = [inputs[label]] }
      return try inputs.map { (input) throws(TokenizerError) in
        let joint = try tokenizer.encode(context: input.first, continuation: input.second ?? [])
        return ScoredText(tokens: joint.whole, start: joint.context.count)
      }
    }
  }

  func predictions(
    of examples: any EncodedExamples, by model: any Model, tokenBudget: Int, progress: ScoringProgress
  ) throws -> [Prediction] {
    guard let encoded = examples as? EncodedContinuations else { return [] }
    let scores = try LikelihoodScoring(model).scores(
      groups: encoded.texts, tokenBudget: tokenBudget, progress: progress)
    return zip(examples.data.examples, scores).map { example, scores in
      .choices(
        zip(example.inputs, scores).map { input, score in
          let choice = (input.second ?? []).dropFirst(separator)
          return ChoiceScore(
            logLikelihood: score.logLikelihood, tokens: score.tokens,
            characters: choice.count { $0 & 0xC0 != 0x80 }, bytes: choice.count)
        })
    }
  }

  func largestPasses(of examples: any EncodedExamples, tokenBudget: Int) -> [PackedBatch] {
    guard let encoded = examples as? EncodedContinuations else { return [] }
    return EvaluationPasses.largest(
      encoded.sequenceLengths, predicted: encoded.texts.map { $0.map { $0.tokens.count - $0.start } },
      tokenBudget: tokenBudget)
  }

  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? {
    names.rows(predictions, of: data)
  }

  func sample(_ prediction: Prediction, of example: Example) -> [JSONObject.Member] {
    guard case .choices(let scores) = prediction else { return [] }
    let contexts = example.inputs.map { JSON.text($0.first) }
    let isShared = Set(example.inputs.map(\.first)).count == 1
    let choices = zip(example.inputs, scores).enumerated().map { index, part in
      var members: [JSONObject.Member] = [
        .init("text", .text((part.0.second ?? []).dropFirst(separator))),
        .init("loglikelihood", .real(part.1.logLikelihood)), .init("tokens", .integer(part.1.tokens)),
        .init("bytes", .integer(part.1.bytes)),
      ]
      if !isShared { members.insert(.init("context", contexts[index]), at: 0) }
      return JSON.object(JSONObject(members))
    }
    return names.sample(prediction, of: example) + [
      .init("context", isShared ? contexts.first ?? .null : .array(contexts)), .init("choices", .array(choices)),
    ]
  }
}
