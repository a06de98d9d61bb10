import Tensors

/// What is cached of some prompts and of the texts that continue them.
///
/// Tokens that all prompts begin with, such as an instruction, are computed and kept once. The tails of a prompt, which
/// are the texts that continue it, share the prompt.
final class PromptCache {
  private let model: Decoder
  private let prompts: [[Int32]]
  private let tails: Int
  private let shared: Int
  /// What each prompt has beyond the shared tokens.
  private let own: [[Int32]]
  private let cache: KeyValueCache
  /// The number of tokens in each tail.
  private var lengths: [Int]

  /// The number of tokens that all prompts begin with and that leave each prompt one of its own.
  static func sharedCount(_ prompts: some Collection<[Int32]>) -> Int {
    guard let first = prompts.first, prompts.count > 1 else { return 0 }
    return prompts.reduce(first.count - 1) { shared, prompt in
      zip(first, prompt.dropLast()).prefix(shared).prefix { $0 == $1 }.count
    }
  }

  /// - Parameters:
  ///   - prompts: at least one, each of at least one token.
  ///   - tails: the number of tails of each prompt.
  ///   - limits: for each prompt, the most tokens that a tail will have.
  init(_ model: Decoder, _ prompts: [[Int32]], tails: Int, limits: [Int]) {
    (self.model, self.prompts, self.tails) = (model, prompts, tails)
    shared = PromptCache.sharedCount(prompts)
    own = prompts.map { [shared] in Array($0.dropFirst(shared)) }
    lengths = Array(repeating: 0, count: prompts.count * tails)
    let parents = [nil] + prompts.map { _ -> Int? in 0 } + lengths.indices.map { 1 + $0 / tails }
    cache = model.makeCache(
      capacities: [shared] + own.map(\.count) + limits.flatMap { Array(repeating: $0, count: tails) },
      parents: parents)
  }

  /// Computes the prompts, some at a time.
  ///
  /// - Parameters:
  ///   - tokenBudget: the most tokens in a forward pass.
  ///   - body: receives the prompts that were computed, and for each a row of logits for its first new token.
  func readPrompts(
    _ tokenBudget: Int, _ body: (Range<Int>, Tensor) throws(GenerationError) -> Void
  ) throws(GenerationError) {
    for range in TokenBudget.ranges(own.map(\.count), budget: tokenBudget) {
      var (batch, slots) = (PackedBatch(), [Int]())
      if range.lowerBound == 0, shared > 0 {
        batch.append(Array(prompts[0][..<shared]))
        slots.append(0)
      }
      for index in range {
        batch.append(own[index], position: shared)
        slots.append(1 + index)
      }
      cache.select(slots)
      let rows = Array(batch.lastTokens.suffix(range.count))
      let tape = Tape(isTraining: false, precision: model.precision)
      try body(range, model.logits(batch, rows: rows, cache: cache, on: tape).value)
    }
  }

  /// Adds one token to some tails.
  ///
  /// - Returns: a row of logits for each.
  func extend(_ additions: [(prompt: Int, tail: Int, token: Int32)]) -> Tensor {
    var batch = PackedBatch()
    for (prompt, tail, token) in additions {
      let index = prompt * tails + tail
      batch.append([token], position: prompts[prompt].count + lengths[index])
      lengths[index] += 1
    }
    cache.select(additions.map { 1 + prompts.count + $0.prompt * tails + $0.tail })
    let tape = Tape(isTraining: false, precision: model.precision)
    return model.logits(batch, rows: nil, cache: cache, on: tape).value
  }

  /// Replaces a tail of a prompt by a copy of another one.
  func copy(prompt: Int, from source: Int, to target: Int) {
    let first = 1 + prompts.count + prompt * tails
    cache.copy(from: first + source, to: first + target)
    lengths[prompt * tails + target] = lengths[prompt * tails + source]
  }
}
