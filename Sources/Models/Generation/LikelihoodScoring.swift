import Support
import Tensors

/// Zero-shot scoring by a language model, as `loglikelihood` in EleutherAI's evaluation harness.
package struct LikelihoodScoring {
  private let model: Decoder

  /// - Throws: ``GenerationError/notALanguageModel(architecture:)``.
  package init(_ model: any Model) throws(GenerationError) {
    self.model = try model.languageModel()
  }

  /// Scores texts that have nothing to do with each other.
  ///
  /// - Returns: one score for each text.
  /// - Throws: ``GenerationError``, as ``scores(groups:tokenBudget:progress:)``.
  package func scores(_ texts: [ScoredText], tokenBudget: Int = TokenBudget.pass) throws(GenerationError)
    -> [Likelihood]
  {
    try scores(groups: texts.map { [$0] }, tokenBudget: tokenBudget).flatMap { $0 }
  }

  /// Scores groups of texts, such as an example's context with each of its choices. The tokens that all texts of a
  /// group begin with are computed once.
  ///
  /// Nothing is padded, and what a text sees does not depend on the other groups. The rounding of matrix products may,
  /// in the last digits of a float32.
  ///
  /// - Parameters:
  ///   - tokenBudget: the most tokens in a forward pass, which bounds memory. A group is never divided.
  ///   - progress: called after each pass with the number of groups that are done, and their total.
  /// - Returns: one score for each text of each group. A text that is longer than the model's positions loses the
  ///   beginning of its context, as in the harness.
  /// - Throws: ``GenerationError`` with the index of the group, for a text that is outside the vocabulary or without
  ///   context, for a continuation that is longer than the model's positions, and for a score that is not finite.
  package func scores(
    groups: [[ScoredText]], tokenBudget: Int = TokenBudget.pass,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(GenerationError) -> [[Likelihood]] {
    var prepared: [ScoredGroup] = []
    for (index, texts) in groups.enumerated() {
      for text in texts { try check(text, index: index) }
      prepared.append(ScoredGroup(texts.map { $0.cut(to: model.maximumLength) }))
    }
    var likelihoods: [[Likelihood]] = []
    for range in TokenBudget.ranges(prepared.map(\.tokenCount), budget: tokenBudget) {
      try likelihoods += Profiler.operation("pass") { () throws(GenerationError) in
        try scores(prepared[range], counts: groups[range].map(\.count))
      }
      progress(range.upperBound, groups.count)
    }
    return likelihoods
  }

  private func check(_ text: ScoredText, index: Int) throws(GenerationError) {
    guard !text.tokens.isEmpty else { throw .empty(index: index) }
    try model.checkVocabulary(text.tokens, index: index)
    guard text.start >= 1, text.start < text.tokens.count else { throw .noContext(index: index) }
    let continuation = text.tokens.count - text.start
    guard continuation <= model.maximumLength else {
      throw .tooLong(index: index, tokens: continuation, maximum: model.maximumLength)
    }
  }

  /// - Parameter counts: the number of texts in each group.
  private func scores(_ groups: ArraySlice<ScoredGroup>, counts: [Int]) throws(GenerationError) -> [[Likelihood]] {
    var (batch, rows) = (PackedBatch(), [Int]())
    let targets = groups.map { $0.append(to: &batch, rows: &rows) }
    guard batch.tokenCount > 0 else { return counts.map { _ in [] } }
    let tape = Tape(isTraining: false, precision: model.precision)
    let hidden = model.hidden(batch, rows: rows, cache: nil, on: tape).value
    let found = logProbabilities(of: targets.flatMap { $0 }, hidden)
    var (result, next) = ([[Likelihood]](), 0)
    for ((index, count), targets) in zip(zip(groups.indices, counts), targets) {
      var parts = Array(repeating: (sum: 0.0, isGreedy: true, tokens: 0), count: count)
      for target in targets {
        parts[target.text].sum += found[next].value
        parts[target.text].isGreedy = parts[target.text].isGreedy && found[next].isHighest
        parts[target.text].tokens += 1
        next += 1
      }
      guard parts.allSatisfy(\.sum.isFinite) else { throw .notFinite(index: index) }
      result.append(parts.map { Likelihood(logLikelihood: $0.sum, isGreedy: $0.isGreedy, tokens: $0.tokens) })
    }
    return result
  }

  /// The log-probability of each target, and whether no other token is likelier.
  ///
  /// The logits of some rows at a time are computed, because a row has as many as the vocabulary has entries.
  private func logProbabilities(of targets: [ScoredGroup.Target], _ hidden: Tensor) -> [(
    value: Double, isHighest: Bool
  )] {
    var result = Array(repeating: (value: 0.0, isHighest: false), count: targets.count)
    let order = targets.indices.sorted { targets[$0].row < targets[$1].row }
    var next = order.startIndex
    let step = max(16, LikelihoodScoring.logitBytes / (ElementType.float32.size * model.vocabularySize))
    for first in stride(from: 0, to: hidden.rows, by: step) {
      let part = first..<min(first + step, hidden.rows)
      let logits = model.logits(ofHidden: hidden.rowSlice(part))
      let normalizers = logits.logNormalizers()
      while next < order.endIndex, part.contains(targets[order[next]].row) {
        let (row, token) = (targets[order[next]].row - first, targets[order[next]].token)
        let logit = logits.pointer[row * logits.columns + token]
        result[order[next]] = (normalizers[row].logProbability(of: logit), logit >= normalizers[row].highest)
        next += 1
      }
    }
    return result
  }

  /// The memory of the logits that are computed at a time: no more than the buffer pool keeps.
  private static let logitBytes = 48 << 20
}
