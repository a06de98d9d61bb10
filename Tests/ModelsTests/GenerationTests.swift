import Checkpoints
import Models
import Support
import Tensors
import TestSupport
import Testing

/// Greedy continuations and log-likelihoods against transformers, from the fixtures of the language models.
@Suite(.serialized) struct GenerationTests {
  static let families = ["gpt2", "gpt2-untied", "llama", "llama-tied", "mistral", "qwen2", "qwen3"]

  private func fixture(_ family: String) throws -> HeadFixture {
    try HeadFixture(
      HeadCase(family: family, head: "language_model", folder: SharedData.fixture("families/\(family)")))
  }

  private func ids(_ json: JSON?) throws -> [Int32] {
    try #require(json?.array).compactMap { $0.integer.map { Int32($0) } }
  }

  private func rows(_ json: JSON?) throws -> [[Int32]] { try #require(json?.array).map { try ids($0) } }

  /// One prompt at a time, some, and all together: the same tokens, those of transformers.
  @Test(arguments: families, [1, 2, 32]) func tokensAreTheReferences(_ family: String, batchSize: Int) throws {
    ThreadPool.shared.configure(threads: 2)
    let fixture = try fixture(family)
    let expected = try #require(fixture.json["generation"])
    let decoding = try TextGeneration(fixture.model())
    let (prompts, limit) = (try rows(expected["prompts"]), try #require(expected["new_tokens"]?.integer))
    #expect(prompts.count == 6 && limit >= 9)
    let free = try decoding.generate(prompts, GenerationSettings(limit: limit, batchSize: batchSize))
    #expect(try free.map(\.tokens) == rows(expected["free"]))
    #expect(free.allSatisfy { $0.ending == .limit })
    let ends = Set(try ids(expected["end_tokens"]))
    let ended = try decoding.generate(
      prompts, GenerationSettings(limit: limit, endTokens: ends, batchSize: batchSize))
    #expect(try ended.map(\.tokens) == rows(expected["ended"]))
    for text in ended {
      #expect((text.ending == .endToken) == ends.contains(try #require(text.tokens.last)))
      #expect(!text.tokens.dropLast().contains(where: ends.contains))
    }
    #expect(ended.contains { $0.ending == .endToken })
  }

  /// GPT-2's table of positions ends; what fits is written, and the ending says so.
  @Test func positionsEnd() throws {
    let fixture = try fixture("gpt2")
    let model = try fixture.model()
    let decoding = try TextGeneration(model)
    let expected = try #require(fixture.json["generation"])
    let (prompts, free) = (try rows(expected["prompts"]), try rows(expected["free"]))
    let longest = try #require(prompts.firstIndex { $0.count == 10 })
    let more = try decoding.generate([prompts[longest]], GenerationSettings(limit: 50))[0]
    #expect(more.tokens == free[longest] && more.ending == .positions)
    let full = [Int32](repeating: 5, count: model.maximumLength)
    let nothing = try decoding.generate([full], GenerationSettings(limit: 1))[0]
    #expect(nothing.tokens.isEmpty && nothing.ending == .positions)
    let none = try decoding.generate([[5]], GenerationSettings(limit: 0))[0]
    #expect(none.tokens.isEmpty && none.ending == .limit)
    #expect(throws: GenerationError.tooLong(index: 1, tokens: full.count + 1, maximum: full.count)) {
      try decoding.generate([[5], full + [5]], GenerationSettings(limit: 1))
    }
  }

  /// Every budget of tokens gives the reference's scores.
  @Test(arguments: families, [1, 20, 2_048]) func likelihoodsAreTheReferences(_ family: String, budget: Int) throws {
    let fixture = try fixture(family)
    let expected = try #require(fixture.json["scoring"]?.array)
    let texts = try expected.map {
      ScoredText(context: try ids($0["context"]), continuation: try ids($0["continuation"]))
    }
    let scores = try LikelihoodScoring(fixture.model()).scores(texts, tokenBudget: budget)
    #expect(scores.count == 11)
    for (score, reference) in zip(scores, expected) {
      let value = try #require(reference["log_likelihood"]?.double)
      #expect(abs(score.logLikelihood - value) < 1e-4)
      #expect(score.isGreedy == reference["is_greedy"]?.bool)
      #expect(score.tokens == reference["continuation"]?.array?.count)
    }
  }

  /// A sum over parts of a continuation is the score of the whole.
  @Test func likelihoodsAdd() throws {
    let scoring = try LikelihoodScoring(fixture("llama").model())
    let text: [Int32] = [4, 8, 15, 16, 23, 42]
    let whole = try scoring.scores([ScoredText(tokens: text, start: 1)])[0]
    let parts = try scoring.scores((2...6).map { ScoredText(tokens: Array(text.prefix($0)), start: $0 - 1) })
    #expect(abs(whole.logLikelihood - parts.reduce(0) { $0 + $1.logLikelihood }) < 1e-5)
    #expect(whole.tokens == 5)
  }

  @Test func whatCannotBeContinued() throws {
    let classifier = try HeadFixture(
      HeadCase(family: "gpt2", head: "classification", folder: SharedData.fixture("families/gpt2"))
    ).model()
    #expect(throws: GenerationError.notALanguageModel(architecture: "GPT2ForSequenceClassification")) {
      try TextGeneration(classifier)
    }
    #expect(throws: GenerationError.notALanguageModel(architecture: "GPT2ForSequenceClassification")) {
      try LikelihoodScoring(classifier)
    }
    let model = try fixture("gpt2").model()
    let (decoding, scoring) = (try TextGeneration(model), try LikelihoodScoring(model))
    #expect(throws: GenerationError.empty(index: 0)) { try decoding.generate([[]], GenerationSettings(limit: 1)) }
    for token: Int32 in [-1, 49, .max] {
      #expect(throws: GenerationError.outsideVocabulary(index: 1, token: token, size: 49)) {
        try decoding.generate([[1], [2, token]], GenerationSettings(limit: 1))
      }
    }
    for start in [0, 2, -1] {
      #expect(throws: GenerationError.noContext(index: 0)) {
        try scoring.scores([ScoredText(tokens: [1, 2], start: start)])
      }
    }
    #expect(throws: GenerationError.empty(index: 0)) { try scoring.scores([ScoredText(tokens: [], start: 0)]) }
    #expect(throws: GenerationError.outsideVocabulary(index: 1, token: 49, size: 49)) {
      try scoring.scores(groups: [[], [ScoredText(tokens: [1, 2], start: 1), ScoredText(tokens: [1, 49], start: 1)]])
    }
    #expect(throws: GenerationError.tooLong(index: 0, tokens: 20, maximum: 19)) {
      try scoring.scores([ScoredText(tokens: Array(repeating: 3, count: 21), start: 1)])
    }
    for beams in [0, -1, 25] {
      #expect(throws: GenerationError.beams(found: beams, maximum: 24)) {
        try decoding.generate([[1]], GenerationSettings(limit: 2, beams: beams))
      }
    }
    try #require(model.parameters.first { $0.role == .norm }).value.fill(.nan)
    #expect(throws: GenerationError.notFinite(index: 0)) { try decoding.generate([[1]], GenerationSettings(limit: 1)) }
    #expect(throws: GenerationError.notFinite(index: 0)) { try scoring.scores([ScoredText(tokens: [1, 2], start: 1)]) }
  }

  @Test(arguments: [
    ("{\"eos_token_id\": 7}", String?.none, [Int32(7)]), ("{\"eos_token_id\": [7, 9]}", nil, [7, 9]), ("{}", nil, []),
    ("{\"eos_token_id\": 7}", "{\"eos_token_id\": [3, 4]}", [3, 4]), ("{\"eos_token_id\": 7}", "{}", [7]),
    ("{\"eos_token_id\": null}", "{\"eos_token_id\": null}", []),
  ])
  func endTokens(_ config: String, _ generation: String?, _ expected: [Int32]) throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", config)
    if let generation { try folder.write("generation_config.json", generation) }
    #expect(try CheckpointFolder(path: folder.path, needsWeights: false).endTokens() == Set(expected))
  }

  @Test(arguments: ["\"x\"", "-1", "[1, -2]", "[1.5]", "5000000000"]) func badEndTokens(_ value: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", "{\"eos_token_id\": \(value)}")
    let checkpoint = try CheckpointFolder(path: folder.path, needsWeights: false)
    #expect { try checkpoint.endTokens() } throws: {
      ($0 as? CheckpointError)?.message.contains("eos_token_id") == true
    }
  }
}
