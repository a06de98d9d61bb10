import Models
import Tasks
import Tensors

/// Random tokens in sequences of one length, where only speed matters.
struct SyntheticExamples: EncodedExamples {
  let data = SplitData(split: .train, examples: [], available: 0, files: [])
  let count: Int
  private let length: Int
  private let vocabulary: Int
  private let head: HeadKind
  private let random: RandomGenerator

  init(count: Int, length: Int, vocabulary: Int, head: HeadKind, seed: UInt64) {
    (self.count, self.length, self.vocabulary, self.head) = (count, length, vocabulary, head)
    random = RandomGenerator(seed: seed)
  }

  var truncated: Int { 0 }
  /// The choices of a question are consecutive sequences.
  private static let choices = 4
  private var sequences: Int { head == .multipleChoice ? SyntheticExamples.choices : 1 }
  var sequenceLengths: [[Int]] { Array(repeating: Array(repeating: length, count: sequences), count: count) }

  func append(_ position: Int, to batch: inout PackedBatch) {
    for sequence in 0..<sequences {
      let tokens = random.stream("tokens", UInt64(position * sequences + sequence))
      batch.append((0..<length).map { Int32(tokens.integer(UInt64($0), below: vocabulary)) })
    }
  }

  func targets(_ positions: [Int]) -> HeadTargets {
    switch head {
    case .classification(let labels): .classes(positions.map { $0 % labels })
    case .regression: .values(positions.map { Float($0 % 5) })
    case .spanExtraction: .spans(first: positions.map { _ in 0 }, last: positions.map { _ in length - 1 })
    case .multipleChoice:
      .choices(
        offsets: (0...positions.count).map { $0 * sequences }, correct: positions.map { $0 % sequences })
    case .languageModel: .nextTokens
    case .maskedLanguageModel: .maskedTokens(positions.flatMap { _ in (0..<length).map { $0 % 7 == 0 ? $0 : -100 } })
    }
  }
}
