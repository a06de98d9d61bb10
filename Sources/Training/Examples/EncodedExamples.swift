import Models
import Results
import Tasks

/// The examples of a split as token ids, in the order of their file.
protocol EncodedExamples: Sendable {
  var data: SplitData { get }
  /// Number of examples that training draws from. For pretraining, an example is one sequence of the text.
  var count: Int { get }
  /// Number of tokens in each example.
  var lengths: [Int] { get }
  /// Number of examples that were truncated to the maximum length.
  var truncated: Int { get }
  /// The split's entry in `results.json`.
  var record: RunRecord.Split { get }
  /// Appends the sequences of the example at a position to a batch.
  func append(_ position: Int, to batch: inout PackedBatch)
  /// The targets of the loss for the examples at these positions.
  func targets(_ positions: [Int]) -> HeadTargets
}

extension EncodedExamples {
  /// A packed batch of the examples at these positions.
  func batch(_ positions: some Sequence<Int>) -> PackedBatch {
    var batch = PackedBatch()
    for position in positions { append(position, to: &batch) }
    return batch
  }
}
