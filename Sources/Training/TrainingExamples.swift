import Models
import Tensors

/// What a trainer learns from: examples by position, and the loss of some of them.
package protocol TrainingExamples {
  var count: Int { get }
  /// Adds the sequences of an example, as ``loss(of:terms:model:on:)`` packs them.
  func append(_ position: Int, to batch: inout PackedBatch)
  /// What the loss of a window is a mean over: its examples, or its predicted tokens.
  func terms(_ window: [Int]) -> Int
  /// The share of the window's loss that `positions` make: the sum of their losses over `terms`.
  ///
  /// - Returns: a scalar on the tape, and the tokens read.
  func loss(of positions: ArraySlice<Int>, terms: Int, model: any Model, on tape: Tape) -> (
    loss: Variable, tokens: Int
  )
}

/// Classified texts: cross-entropy, a mean over the examples.
struct ClassificationExamples: TrainingExamples {
  let split: EncodedSplit
  /// The model's column of each class.
  let columns: [Int]

  var count: Int { split.sequences.count }

  func append(_ position: Int, to batch: inout PackedBatch) {
    batch.append(split.sequences[position].ids, typeIDs: split.sequences[position].typeIDs)
  }

  func terms(_ window: [Int]) -> Int { window.count }

  func loss(of positions: ArraySlice<Int>, terms: Int, model: any Model, on tape: Tape) -> (
    loss: Variable, tokens: Int
  ) {
    let (batch, labels) = split.batch(positions)
    let targets = labels.map { $0 < 0 ? $0 : columns[$0] }
    return (tape.crossEntropy(model.logits(batch, on: tape), labels: targets, count: terms), batch.tokenCount)
  }
}
