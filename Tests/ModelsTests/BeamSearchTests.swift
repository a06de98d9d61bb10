import Checkpoints
import Models
import Support
import Tensors
import TestSupport
import Testing

/// Several beams against transformers' `generate` (Tests/Fixtures/beams.json).
@Suite(.serialized) struct BeamSearchTests {
  struct Case: CustomTestStringConvertible {
    let family: String
    let settings: GenerationSettings
    let prompts: [[Int32]]
    let tokens: [[Int32]]
    let scores: [Double?]

    var testDescription: String { "\(family), \(settings.beams) beams, \(settings.endTokens.count) end tokens" }

    init(_ json: JSON) throws {
      family = try #require(json["family"]?.string)
      func ids(_ json: JSON?) throws -> [Int32] {
        try #require(json?.array).compactMap { $0.integer.map { Int32($0) } }
      }
      settings = GenerationSettings(
        limit: try #require(json["new_tokens"]?.integer), endTokens: Set(try ids(json["end_tokens"])),
        beams: try #require(json["beams"]?.integer), lengthPenalty: try #require(json["length_penalty"]?.double))
      prompts = try #require(json["prompts"]?.array).map { try ids($0) }
      let expected = try #require(json["expected"]?.array)
      tokens = try expected.map { try ids($0["tokens"]) }
      scores = expected.map { $0["score"]?.double }
    }
  }

  static let cases: [Case] = {
    let json = try? JSON.parse(Files.read(SharedData.fixture("beams.json")))
    return (json?["cases"]?.array ?? []).compactMap { try? Case($0) }
  }()

  private func generation(_ family: String) throws -> TextGeneration {
    let folder = SharedData.fixture("families/\(family)")
    return try TextGeneration(
      HeadFixture(HeadCase(family: family, head: "language_model", folder: folder)).model())
  }

  @Test func allAreRead() { #expect(BeamSearchTests.cases.count == 28) }

  /// One prompt at a time and all together.
  @Test(arguments: cases, [1, 32]) func tokensAndScoresAreTheReferences(_ example: Case, batchSize: Int) throws {
    ThreadPool.shared.configure(threads: 2)
    var settings = example.settings
    settings.batchSize = batchSize
    let found = try generation(example.family).generate(example.prompts, settings)
    #expect(found.map(\.tokens) == example.tokens)
    for (text, score) in zip(found, example.scores) {
      // The reference adds up float32 logarithms.
      if let score { #expect(abs(text.score - score) < 2e-6 * max(5, Double(text.tokens.count) * abs(score))) }
      let ends = settings.endTokens.contains(try #require(text.tokens.last))
      #expect(text.ending == (ends ? .endToken : .limit))
    }
  }

  /// What prompts begin with in common is computed once; the texts are those of each prompt alone.
  @Test(arguments: ["gpt2", "llama"], [1, 3]) func promptsThatBeginAlike(_ family: String, beams: Int) throws {
    let generation = try generation(family)
    let settings = GenerationSettings(limit: 6, endTokens: [5], beams: beams)
    let prompts: [[Int32]] = [[7, 8, 9, 10, 11], [7, 8, 9, 4], [7, 8, 9, 4, 6, 12], [7, 8, 9, 4], [7, 8, 9]]
    let together = try generation.generate(prompts, settings)
    let alone = try prompts.map { try generation.generate([$0], settings)[0] }
    #expect(together.map(\.tokens) == alone.map(\.tokens))
    #expect(together.map(\.ending) == alone.map(\.ending))
    for (one, other) in zip(together, alone) { #expect(abs(one.score - other.score) < 1e-5) }
    // A cache too small for two prompts, and one too small for any.
    for bytes in [20_000, 1] {
      #expect(try generation.generate(prompts, settings, cacheBytes: bytes).map(\.tokens) == alone.map(\.tokens))
    }
  }

  @Test func positionsEnd() throws {
    let generation = try generation("gpt2")
    let prompts: [[Int32]] = [Array(repeating: 5, count: 17), Array(repeating: 6, count: 19), [7, 8]]
    let found = try generation.generate(prompts, GenerationSettings(limit: 3, beams: 2))
    #expect(found.map(\.tokens.count) == [2, 0, 3])
    #expect(found.map(\.ending) == [.positions, .positions, .limit])
  }

  @Test func progress() throws {
    let generation = try generation("llama")
    var seen: [[Int]] = []
    let prompts: [[Int32]] = [[3], [4, 5], [6]]
    let settings = GenerationSettings(limit: 4, batchSize: 2)
    _ = try generation.generate(prompts, settings, progress: { seen.append([$0, $1]) })
    #expect(seen == [[2, 3], [3, 3]])
  }
}
