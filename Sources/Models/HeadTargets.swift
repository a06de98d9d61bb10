import Tensors

/// What a head is trained towards, for the sequences of one packed batch in their order.
package enum HeadTargets: Sendable {
  /// Of a classification: one class for each sequence; a negative one leaves the sequence out.
  case classes([Int])
  /// Of a regression: one number for each sequence.
  case values([Float])
  /// Of a span extraction: first and last token of the answer, counted in their sequence; negative where it lies
  /// outside. Both are then to be negative, and the sequence is left out, as transformers does.
  case spans(first: [Int], last: [Int])
  /// Of a multiple choice: first sequence of each example and the sequence count at the end, and the right choice,
  /// counted in its example; a negative one leaves the example out.
  case choices(offsets: [Int], correct: [Int])
  /// Of a language model: token t of a sequence predicts token t + 1; the last predicts nothing.
  case nextTokens
  /// Of a masked language model: for each token of the batch the one that stood there, negative (transformers' −100)
  /// where none is asked for.
  case maskedTokens([Int])

  /// Terms of the loss in `batch`: what `count` of ``Tensors/Tape/loss(_:_:of:count:)`` sums over a window.
  package func count(in batch: PackedBatch) -> Int {
    switch self {
    case .classes(let classes): classes.count { $0 >= 0 }
    case .values(let values): values.count
    case .spans(let first, let last): zip(first, last).count { $0 >= 0 && $1 >= 0 }
    case .choices(_, let correct): correct.count { $0 >= 0 }
    case .nextTokens: batch.tokenCount - batch.sequenceCount
    case .maskedTokens(let tokens): tokens.count { $0 >= 0 }
    }
  }
}

extension PackedBatch {
  /// The token that follows each token in its sequence, −100 after the last.
  package var nextTokens: [Int] {
    var next = tokenIDs.dropFirst().map { Int($0) } + [-100]
    for last in lastTokens { next[last] = -100 }
    return next
  }
}

extension Tape {
  /// The loss of transformers' model with the same head: cross-entropy, squared error, or for spans the mean of the
  /// cross-entropies of start and end over each sequence's tokens.
  ///
  /// - Parameters:
  ///   - logits: what ``Model/logits(_:on:)`` gave for `batch`.
  ///   - count: what the sum is divided by: the targets of the whole accumulation window, not of this batch.
  /// - Returns: a scalar.
  package func loss(_ logits: Variable, _ targets: HeadTargets, of batch: PackedBatch, count: Int) -> Variable {
    switch targets {
    case .classes(let classes): return crossEntropy(logits, labels: classes, count: count)
    case .values(let values): return meanSquaredError(logits, targets: values, count: count)
    case .nextTokens: return crossEntropy(logits, labels: batch.nextTokens, count: count)
    case .maskedTokens(let tokens): return crossEntropy(logits, labels: tokens, count: count)
    case .choices(let offsets, let correct):
      return groupCrossEntropy(logits, offsets: offsets, labels: correct, count: count)
    case .spans(let first, let last):
      // Start and end are divided by one count, so that neither may be left out alone.
      precondition(zip(first, last).allSatisfy { ($0 < 0) == ($1 < 0) })
      return add(
        groupCrossEntropy(logits, column: 0, offsets: batch.offsets, labels: first, count: 2 * count),
        groupCrossEntropy(logits, column: 1, offsets: batch.offsets, labels: last, count: 2 * count))
    }
  }
}
