import Tensors

/// The targets of a head, for the sequences of one packed batch in their order.
package enum HeadTargets: Sendable {
  /// For classification, one class for each sequence. A negative class leaves the sequence out.
  case classes([Int])
  /// For regression, one number for each sequence.
  case values([Float])
  /// For span extraction, the first and last token of each answer, counted from the start of its sequence. Both are
  /// negative where the answer lies outside the sequence, which is then left out, as in transformers.
  case spans(first: [Int], last: [Int])
  /// For multiple choice, the first sequence of each example with the sequence count at the end, and the right choice
  /// of each example, from 0. A negative choice leaves the example out. For example, two examples of two and three
  /// choices have the offsets `[0, 2, 5]`.
  case choices(offsets: [Int], correct: [Int])
  /// For a language model. Token t of a sequence predicts token t + 1, and the last token predicts nothing.
  case nextTokens
  /// For a masked language model, the original token at each position of the batch, or a negative number (transformers'
  /// −100) at positions that are not predicted.
  case maskedTokens([Int])
  /// For a language model, the token that follows each of ``PackedBatch/predictingTokens``.
  case followingTokens([Int])

  /// The number of terms of the loss in `batch`.
  package func count(in batch: PackedBatch) -> Int {
    switch self {
    case .classes(let classes): classes.count { $0 >= 0 }
    case .values(let values): values.count
    case .spans(let first, let last): zip(first, last).count { $0 >= 0 && $1 >= 0 }
    case .choices(_, let correct): correct.count { $0 >= 0 }
    case .nextTokens: batch.tokenCount - batch.sequenceCount
    case .maskedTokens(let tokens), .followingTokens(let tokens): tokens.count { $0 >= 0 }
    }
  }

  /// The sum of the weights of the loss's terms in `batch`, which is their number unless classes have weights. The sum
  /// over a gradient-accumulation window is the `weight` of ``Tensors/Tape/loss(_:_:of:mass:weight:)``.
  package func weight(in batch: PackedBatch, _ mass: TargetMass) -> Double {
    guard mass.classWeights != nil, case .classes(let classes) = self else { return Double(count(in: batch)) }
    return classes.reduce(0) { $0 + mass.weight(of: $1) }
  }
}

extension PackedBatch {
  /// For each token, the token that follows it in its sequence; −100 for the last token of a sequence.
  package var nextTokens: [Int] {
    var next = tokenIDs.dropFirst().map { Int($0) } + [-100]
    for last in lastTokens { next[last] = -100 }
    return next
  }
}

extension Tape {
  /// The loss of transformers' model with the same head. It is a squared error for regression and a cross-entropy for
  /// the other heads. For spans, it is the mean of two cross-entropies over each sequence's tokens, of the start and of
  /// the end.
  ///
  /// - Parameters:
  ///   - logits: the result of ``Model/logits(_:on:)`` for `batch`.
  ///   - count: the number of targets in the whole gradient-accumulation window, not in this batch. The sum is divided
  ///     by this number.
  /// - Returns: a scalar.
  package func loss(_ logits: Variable, _ targets: HeadTargets, of batch: PackedBatch, count: Int) -> Variable {
    loss(logits, targets, of: batch, mass: .plain, weight: Double(count))
  }

  /// The loss with smoothed targets or weighted classes.
  ///
  /// - Parameters:
  ///   - mass: smooths the targets of heads that have classes, choices or tokens, and weighs the classes of a
  ///     classifier. It must be plain for regression and spans.
  ///   - weight: the sum of ``HeadTargets/weight(in:_:)`` over the whole gradient-accumulation window, by which the sum
  ///     is divided.
  /// - Returns: a scalar.
  package func loss(
    _ logits: Variable, _ targets: HeadTargets, of batch: PackedBatch, mass: TargetMass, weight: Double
  ) -> Variable {
    switch targets {
    case .classes(let classes): return crossEntropy(logits, labels: classes, mass: mass, count: weight)
    case .values(let values):
      precondition(mass == .plain)
      return meanSquaredError(logits, targets: values, count: weight)
    case .nextTokens: return crossEntropy(logits, labels: batch.nextTokens, mass: mass, count: weight)
    case .maskedTokens(let tokens), .followingTokens(let tokens):
      return crossEntropy(logits, labels: tokens, mass: mass, count: weight)
    case .choices(let offsets, let correct):
      return groupCrossEntropy(logits, offsets: offsets, labels: correct, mass: mass, count: weight)
    case .spans(let first, let last):
      precondition(mass == .plain)
      // One count divides the losses of start and end, so neither may be left out alone.
      precondition(zip(first, last).allSatisfy { ($0 < 0) == ($1 < 0) })
      return add(
        groupCrossEntropy(logits, column: 0, offsets: batch.offsets, labels: first, count: 2 * weight),
        groupCrossEntropy(logits, column: 1, offsets: batch.offsets, labels: last, count: 2 * weight))
    }
  }
}
