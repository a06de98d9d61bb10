import Tensors

/// Continues texts as transformers' `generate` does without sampling: greedily or with several beams.
package struct TextGeneration {
  private let model: Decoder

  /// - Throws: ``GenerationError/notALanguageModel(architecture:)``.
  package init(_ model: any Model) throws(GenerationError) {
    self.model = try model.languageModel()
  }

  /// Continues prompts.
  ///
  /// - Parameters:
  ///   - prompts: the token ids of each prompt, of any length. Nothing is padded, so a text does not depend on the
  ///     others. Prompts of similar length are continued together.
  ///   - cacheBytes: the most memory for cached keys and values. One prompt may need more.
  ///   - tokenBudget: the most tokens of prompts in a forward pass.
  ///   - progress: called after each batch with the number of prompts that are done, and their total.
  /// - Returns: one continuation for each prompt, in their order.
  /// - Throws: ``GenerationError`` for a prompt that is empty, too long or outside the vocabulary, for more beams than
  ///   the vocabulary has tokens for, and for logits that are not finite.
  package func generate(
    _ prompts: [[Int32]], _ settings: GenerationSettings, cacheBytes: Int = TextGeneration.cacheBytes,
    tokenBudget: Int = TokenBudget.pass,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(GenerationError) -> [Generation] {
    for (index, prompt) in prompts.enumerated() { try model.check(prompt, index: index) }
    let most = model.vocabularySize / BeamSearch.candidates(beams: 1, endTokens: settings.endTokens.count)
    guard settings.beams == 1 || (1...max(1, most)).contains(settings.beams) else {
      throw .beams(found: settings.beams, maximum: max(1, most))
    }
    let order = prompts.indices.sorted { prompts[$0].count > prompts[$1].count }
    let lengths = order.map { prompts[$0].count + settings.beams * rule(for: prompts[$0], settings).limit }
    var results = [Generation?](repeating: nil, count: prompts.count)
    var done = 0
    for range in TokenBudget.ranges(
      lengths, budget: max(1, cacheBytes / model.cachedBytesPerToken),
      count: max(1, min(settings.batchSize, TextGeneration.rows / settings.beams)))
    {
      let part = Array(order[range])
      let found = try generate(part.map { prompts[$0] }, indices: part, settings, tokenBudget)
      for (index, generation) in zip(part, found) { results[index] = generation }
      done += part.count
      progress(done, prompts.count)
    }
    return results.compactMap { $0 }
  }

  /// The usual bound on the memory for cached keys and values.
  package static let cacheBytes = 256 << 20

  /// The most memory that the keys and values of so many tokens take; 0 for a model that generates no text.
  package static func cachedBytes(_ model: any Model, tokens: Int) -> Int {
    guard let bytes = try? model.languageModel().cachedBytesPerToken else { return 0 }
    return tokens < cacheBytes / max(1, bytes) ? bytes * tokens : cacheBytes
  }

  /// The most texts that are extended at a time. More would only cost memory for their logits.
  private static let rows = 256

  private func rule(for prompt: [Int32], _ settings: GenerationSettings) -> EndRule {
    let limit = max(0, settings.limit)
    let room = model.maximumLength - prompt.count
    return EndRule(limit: min(limit, room), endTokens: settings.endTokens, isByPositions: room < limit)
  }

  /// - Parameter indices: the numbers of the prompts in messages.
  private func generate(
    _ prompts: [[Int32]], indices: [Int], _ settings: GenerationSettings, _ tokenBudget: Int
  ) throws(GenerationError) -> [Generation] {
    let rules = prompts.map { rule(for: $0, settings) }
    var searches: [any PromptSearch] = rules.map {
      guard settings.beams > 1 else { return GreedySearch($0) }
      return BeamSearch($0, beams: settings.beams, lengthPenalty: settings.lengthPenalty)
    }
    guard rules.contains(where: { $0.limit > 0 }) else { return searches.map(\.result) }
    let cache = PromptCache(model, prompts, tails: settings.beams, limits: rules.map(\.limit))
    try cache.readPrompts(tokenBudget) { range, logits throws(GenerationError) in
      let rows = try candidates(logits, count: searches[0].candidates, indices: range.map { indices[$0] })
      for (prompt, row) in zip(range, rows) where rules[prompt].limit > 0 { _ = searches[prompt].choose(from: [row]) }
    }
    while true {
      let additions = searches.enumerated().flatMap { prompt, search in
        search.next.map { (prompt: prompt, tail: $0.tail, token: $0.token) }
      }
      guard !additions.isEmpty else { break }
      let logits = cache.extend(additions)
      var rows = try candidates(
        logits, count: searches[0].candidates, indices: additions.map { indices[$0.prompt] })[...]
      for prompt in searches.indices {
        let count = searches[prompt].next.count
        guard count > 0 else { continue }
        for (source, target) in searches[prompt].choose(from: Array(rows.prefix(count))) {
          cache.copy(prompt: prompt, from: source, to: target)
        }
        rows = rows.dropFirst(count)
      }
    }
    return searches.map(\.result)
  }

  /// The likeliest tokens of each row.
  ///
  /// - Parameter indices: the number of each row's prompt in messages.
  private func candidates(_ logits: Tensor, count: Int, indices: [Int]) throws(GenerationError) -> [[Candidate]] {
    let normalizers = logits.logNormalizers()
    if let row = normalizers.firstIndex(where: { !$0.logSum.isFinite }) { throw .notFinite(index: indices[row]) }
    return zip(logits.largest(count), normalizers).enumerated().map { row, found in
      found.0.map { column in
        let logit = logits.pointer[row * logits.columns + column]
        return Candidate(token: Int32(column), logProbability: found.1.logProbability(of: logit))
      }
    }
  }
}
