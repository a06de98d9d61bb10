import Checkpoints
import Foundation
import Models
import Support
import Tensors
import TestSupport
import Testing

/// Numbers that look random and are the same each time (Steele et al., 2014).
private struct CountedNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Texts that share their beginning, against each text alone through all logits of a plain forward pass.
@Suite(.serialized) struct ScoredGroupTests {
  private func model(_ family: String) throws -> any Model {
    try HeadFixture(HeadCase(family: family, head: "language_model", folder: SharedData.fixture("families/\(family)")))
      .model()
  }

  /// The score of one text, as simple as can be.
  private func naive(_ model: any Model, _ text: ScoredText) -> (logLikelihood: Double, isGreedy: Bool, tokens: Int) {
    let surplus = max(0, text.tokens.count - model.maximumLength - 1)
    let (tokens, start) = (Array(text.tokens.dropFirst(surplus)), text.start - surplus)
    let logits = model.logits(PackedBatch([Array(tokens.dropLast())]), on: Tape(isTraining: false)).value
    var (sum, isGreedy) = (0.0, true)
    for position in start - 1..<tokens.count - 1 {
      let row = (0..<logits.columns).map { Double(logits.pointer[position * logits.columns + $0]) }
      let own = row[Int(tokens[position + 1])]
      sum += own - log(row.reduce(0) { $0 + exp($1) })
      isGreedy = isGreedy && row.allSatisfy { $0 <= own }
    }
    return (sum, isGreedy, tokens.count - start)
  }

  private func check(
    _ groups: [[ScoredText]], _ model: any Model, budget: Int = 2_048, location: SourceLocation = #_sourceLocation
  ) throws {
    let found = try LikelihoodScoring(model).scores(groups: groups, tokenBudget: budget)
    #expect(found.map(\.count) == groups.map(\.count), sourceLocation: location)
    for (text, score) in zip(groups.joined(), found.joined()) {
      let expected = naive(model, text)
      #expect(abs(score.logLikelihood - expected.logLikelihood) < 2e-5, "\(text)", sourceLocation: location)
      #expect(score.isGreedy == expected.isGreedy && score.tokens == expected.tokens, sourceLocation: location)
    }
  }

  static let shapes: [[ScoredText]] = [
    // Choices of a context, of several lengths; equal choices; choices that begin alike.
    [[8], [9, 10], [11, 12, 13]].map { ScoredText(context: [3, 4, 5, 6], continuation: $0) },
    [[8, 9], [8, 9]].map { ScoredText(context: [3, 4], continuation: $0) },
    [[8, 9, 10], [8, 9, 11, 12], [8, 9]].map { ScoredText(context: [3], continuation: $0) },
    // One is the beginning of the other.
    [ScoredText(tokens: [3, 4, 5], start: 2), ScoredText(tokens: [3, 4, 5, 6, 7], start: 2)],
    // Single tokens: nothing but the context is computed.
    [[8], [9]].map { ScoredText(context: [3, 4, 5], continuation: $0) },
    // Contexts that differ, before equal continuations; contexts of different lengths; nothing in common.
    [[3, 4, 5], [3, 7, 8, 9]].map { ScoredText(context: $0, continuation: [10, 11, 12]) },
    [[3, 4, 5], [6, 4, 5]].map { ScoredText(context: $0, continuation: [10, 11]) },
    // The same text, scored from different tokens on.
    [1, 3, 5].map { ScoredText(tokens: [3, 4, 5, 6, 7, 8], start: $0) },
    [], [ScoredText(tokens: [3, 4], start: 1)],
  ]

  @Test(arguments: ["gpt2", "llama", "llama-tied"], [1, 12, 2_048])
  func groupsScoreAsTheirTextsAlone(_ family: String, budget: Int) throws {
    ThreadPool.shared.configure(threads: 2)
    let model = try model(family)
    try check(ScoredGroupTests.shapes, model, budget: budget)
    try check([], model)
    for shape in ScoredGroupTests.shapes { try check([shape], model) }
  }

  /// Random groups, from no to several texts.
  @Test(arguments: 0..<6) func randomGroups(_ seed: UInt64) throws {
    var random = CountedNumbers(state: seed)
    let model = try model("llama")
    func tokens(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32.random(in: 3..<20, using: &random) } }
    let groups = (0..<12).map { _ in
      let context = tokens(.random(in: 1...9, using: &random))
      return (0..<Int.random(in: 0...4, using: &random)).map { _ in
        ScoredText(
          context: Array(context.prefix(.random(in: 1...context.count, using: &random))),
          continuation: tokens(.random(in: 1...5, using: &random)))
      }
    }
    try check(groups, model, budget: 30)
  }

  /// What is longer than the positions loses its beginning, one token less than it has too many.
  @Test func longTextsLoseTheirBeginning() throws {
    let model = try model("gpt2")
    #expect(model.maximumLength == 19)
    let long = (0..<30).map { Int32(3 + $0 % 11) }
    let groups = [
      [ScoredText(tokens: Array(long.prefix(20)), start: 15), ScoredText(tokens: Array(long.prefix(21)), start: 15)],
      [ScoredText(tokens: long, start: 11), ScoredText(tokens: [3, 4, 5], start: 1)],
    ]
    try check(groups, model)
  }

  @Test func progress() throws {
    let scoring = try LikelihoodScoring(model("llama"))
    var seen: [[Int]] = []
    let groups = Array(repeating: [ScoredText(tokens: [3, 4, 5, 6, 7], start: 2)], count: 5)
    _ = try scoring.scores(groups: groups, tokenBudget: 8, progress: { seen.append([$0, $1]) })
    #expect(seen == [[2, 5], [4, 5], [5, 5]])
  }
}
