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
  /// The checkpoint's end tokens, beside the tokenizer's: a chat model may end a turn by another token than a text.
  private var endTokens: Set<Int32> = []

  init(_ task: BenchmarkTask, _ settings: RunSettings) {
    (metrics, primaryMetric) = task.metrics(.generation)
    (limit, beams, trainsOnPrompt) = (task.maximumNewTokens, settings.beams, settings.trainOnPrompt)
    extraction = task.extraction(of: nil)
    extractionOfSplit = Dictionary(
      uniqueKeysWithValues: task.splits.map { ($0.split.name, task.extraction(of: $0.split)) })
  }

  var scoresWholeTexts: Bool { true }

  mutating func adopt(endTokens: () throws -> Set<Int32>) throws { self.endTokens = try endTokens() }

  /// A prompt leaves room for the answer.
  func keptTokens(of maximumLength: Int, for use: EncodingUse) -> Int {
    use == .scoring ? maximumLength - limit : maximumLength
  }

  /// The least tokens of a prompt. With fewer, a model would be asked nothing.
  private static let shortestPrompt = 8

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
    case .scoring:
      let kept = keptTokens(of: maximumLength, for: .scoring)
      guard kept >= AnswerGeneration.shortestPrompt else {
        throw TrainingError.badSetting(
          origin: "task.yaml", key: "max_new_tokens",
          found: "\(limit), which leaves \(max(0, kept)) of the \(maximumLength) tokens of a text to its prompt",
          expected:
            "at least \(AnswerGeneration.shortestPrompt): lower max_new_tokens, or raise --max-length where it is given"
        )
      }
      return try EncodedPrompts(data, tokenizer: tokenizer, maximumLength: kept)
    }
  }

  func predictions(
    of examples: any EncodedExamples, by model: any Model, tokenBudget: Int, progress: ScoringProgress
  ) throws -> [Prediction] {
    guard let encoded = examples as? EncodedPrompts else { return [] }
    let settings = GenerationSettings(
      limit: limit, endTokens: endTokens.union(encoded.tokenizer.eosID.map { [$0] } ?? []), beams: beams)
    let extraction = extractionOfSplit[examples.data.split.name] ?? extraction
    let generations = try TextGeneration(model).generate(
      encoded.prompts, settings, tokenBudget: tokenBudget, progress: progress)
    return generations.map { generation in
      let text = encoded.tokenizer.decode(generation.tokens)
      return .generated(
        GeneratedText(text: text, tokens: generation.tokens, extracted: extraction.answer(in: text)))
    }
  }

  /// The passes over prompts; a step of generation needs less.
  func largestPasses(of examples: any EncodedExamples, tokenBudget: Int) -> [PackedBatch] {
    EvaluationPasses.largest(
      examples.sequenceLengths, predicted: examples.sequenceLengths.map { $0.map { _ in 1 } }, tokenBudget: tokenBudget)
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
