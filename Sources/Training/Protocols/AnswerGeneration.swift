import Models
import Results
import Support
import Tasks
import Tokenization

/// Answers that a language model writes after a prompt, greedily or with several beams.
///
/// In training, the loss is the cross-entropy of the answer's tokens and of the token that ends it (with
/// `--train-on-prompt` also of the prompt's), a mean over the predicted tokens. Prompt and answer are encoded apart, so
/// that a model is trained to go on from exactly the tokens that it is given when it is scored.
struct AnswerGeneration: TaskProtocol {
  let name = ProtocolKind.generation.rawValue
  let head = HeadKind.languageModel
  let metrics: [Metric]
  let primaryMetric: Metric
  private let extraction: AnswerExtraction
  private let extractionOfSplit: [String: AnswerExtraction]
  private let limit: Int
  private let beams: Int
  private let trainsOnPrompt: Bool

  init(_ task: BenchmarkTask, _ settings: RunSettings) {
    (metrics, primaryMetric) = task.metrics(.generation)
    (limit, beams, trainsOnPrompt) = (task.maximumNewTokens, settings.beams, settings.trainOnPrompt)
    extraction = task.extraction(of: nil)
    extractionOfSplit = Dictionary(
      uniqueKeysWithValues: task.splits.map { ($0.split.name, task.extraction(of: $0.split)) })
  }

  var scoresWholeTexts: Bool { true }

  func encode(_ data: SplitData, for use: EncodingUse, tokenizer: any Tokenizer, maximumLength: Int) throws
    -> any EncodedExamples
  {
    switch use {
    case .training:
      return try EncodedContinuations(
        data, tokenizer: tokenizer, maximumLength: maximumLength, predictsContext: trainsOnPrompt
      ) { (example) throws(TokenizerError) in
        let input = example.inputs[0]
        let prompt = try tokenizer.encode(prompt: input.first)
        let end = tokenizer.eosID.map { [$0] } ?? []
        let answer = try tokenizer.tokenize(input.second ?? []).map(\.id) + end
        return [ScoredText(context: prompt, continuation: answer)]
      }
    case .scoring: return try EncodedPrompts(data, tokenizer: tokenizer, maximumLength: maximumLength - limit)
    }
  }

  func predictions(
    of examples: any EncodedExamples, by model: any Model, progress: ScoringProgress
  ) throws -> [Prediction] {
    guard let encoded = examples as? EncodedPrompts else { return [] }
    let settings = GenerationSettings(
      limit: limit, endTokens: Set(encoded.tokenizer.eosID.map { [$0] } ?? []), beams: beams)
    let extraction = extractionOfSplit[examples.data.split.name] ?? extraction
    let generations = try TextGeneration(model).generate(encoded.prompts, settings, progress: progress)
    return generations.map { generation in
      let text = encoded.tokenizer.decode(generation.tokens)
      return .generated(
        GeneratedText(text: text, tokens: generation.tokens, extracted: extraction.answer(in: text)))
    }
  }

  /// The passes over prompts; a step of generation needs less.
  func largestPasses(of examples: any EncodedExamples) -> [PackedBatch] {
    EvaluationPasses.largest(examples.sequenceLengths, predicted: examples.sequenceLengths.map { $0.map { _ in 1 } })
  }

  func cachedTokens(of examples: any EncodedExamples) -> Int {
    examples.lengths.reduce(0) { $0 + $1 + beams * limit }
  }

  func rows(_ predictions: [Prediction], of data: SplitData) -> [PredictionsFile.Row]? {
    zip(data.examples, predictions).compactMap { example, prediction in
      guard case .generated(let generated) = prediction else { return nil }
      return .init(
        index: example.index, prediction: PredictionsFile.field(generated.extracted ?? []),
        label: PredictionsFile.field(AnswerGeneration.gold(of: example) ?? []), logits: [], id: example.id)
    }
  }

  func sample(_ prediction: Prediction, of example: Example) -> [JSONObject.Member] {
    guard case .generated(let generated) = prediction else { return [] }
    let extracted = generated.extracted.map { JSON.text($0) } ?? .null
    return [
      .init("gold", AnswerGeneration.gold(of: example).map { JSON.text($0) } ?? .null),
      .init("prediction", extracted), .init("prompt", .text(example.inputs[0].first)),
      .init("generated", .text(generated.text)), .init("extracted", extracted),
      .init("tokens", .array(generated.tokens.map { .integer(Int($0)) })),
    ]
  }

  private static func gold(of example: Example) -> [UInt8]? {
    if case .text(let text)? = example.answer { text } else { nil }
  }
}
