import Tensors

/// The continuation that a model wrote after a prompt.
package struct Generation: Sendable, Equatable {
  package enum Ending: Sendable {
    /// The last token is one of the end tokens.
    case endToken
    /// The text has as many new tokens as were asked for.
    case limit
    /// The model has no further positions.
    case positions
  }

  /// The new tokens, an end token included.
  package let tokens: [Int32]
  package let ending: Ending
}

/// Continues texts with the likeliest next token, as transformers' `generate` does without sampling.
package struct GreedyDecoding {
  private let model: Decoder

  /// - Throws: ``GenerationError/notALanguageModel(architecture:)``.
  package init(_ model: any Model) throws(GenerationError) {
    self.model = try model.languageModel()
  }

  /// - Parameters:
  ///   - prompts: the token ids of each prompt, of any length. Nothing is padded, so a text does not depend on the
  ///     others.
  ///   - limit: the most new tokens for each prompt.
  ///   - endTokens: the tokens that end a text, e.g. those with a line break; see `CheckpointFolder.endTokens()`.
  ///   - batchSize: the number of prompts in a batch, which bounds memory.
  /// - Returns: one continuation for each prompt.
  /// - Throws: ``GenerationError`` for a prompt that is empty, too long or outside the vocabulary, and for logits that
  ///   are not finite.
  package func generate(_ prompts: [[Int32]], limit: Int, endTokens: Set<Int32> = [], batchSize: Int = 32)
    throws(GenerationError) -> [Generation]
  {
    for (index, prompt) in prompts.enumerated() { try model.check(prompt, index: index) }
    var all: [Generation] = []
    for first in stride(from: 0, to: prompts.count, by: max(1, batchSize)) {
      let part = prompts[first..<min(first + max(1, batchSize), prompts.count)]
      all += try generate(Array(part), first: first, limit: limit, endTokens: endTokens)
    }
    return all
  }

  private func generate(_ prompts: [[Int32]], first: Int, limit: Int, endTokens: Set<Int32>)
    throws(GenerationError) -> [Generation]
  {
    let lengths = prompts.map { min($0.count + limit, model.maximumLength) }
    let cache = model.makeCache(capacities: lengths)
    var written = [[Int32]](repeating: [], count: prompts.count)
    // The sequences that go on, the tokens of each that the cache lacks, and the number of tokens that the cache holds.
    var active = prompts.indices.filter { lengths[$0] > prompts[$0].count }
    var pending = active.map { prompts[$0] }
    var held = [Int](repeating: 0, count: prompts.count)
    while !active.isEmpty {
      var batch = PackedBatch()
      for (slot, tokens) in zip(active, pending) {
        batch.append(tokens, position: held[slot])
        held[slot] += tokens.count
      }
      cache.select(active)
      let logits = model.logits(batch, rows: batch.lastTokens, cache: cache, on: Tape(isTraining: false)).value
      for (row, slot) in active.enumerated() {
        guard let best = logits.rowSlice(row..<row + 1).likeliest else { throw .notFinite(index: first + slot) }
        written[slot].append(Int32(best))
      }
      active = active.filter { slot in
        guard let last = written[slot].last, !endTokens.contains(last) else { return false }
        return prompts[slot].count + written[slot].count < lengths[slot]
      }
      pending = active.map { written[$0].suffix(1) }
    }
    return prompts.indices.map { slot in
      let ended = written[slot].last.map(endTokens.contains) ?? false
      let ending: Generation.Ending = ended ? .endToken : written[slot].count == limit ? .limit : .positions
      return Generation(tokens: written[slot], ending: ending)
    }
  }
}

extension Tensor {
  /// The position of the largest element, or of the first such element; `nil` when an element is NaN or the largest is
  /// infinite.
  fileprivate var likeliest: Int? {
    var (best, highest) = (-1, -Float.infinity)
    for index in 0..<count {
      let value = pointer[index]
      if value.isNaN { return nil }
      if value > highest { (best, highest) = (index, value) }
    }
    return best >= 0 && highest.isFinite ? best : nil
  }
}
