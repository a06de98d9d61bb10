import Models
import Results
import Tasks

/// The examples of a split as a model reads them, in the order of their file.
protocol EncodedExamples: Sendable {
  var data: SplitData { get }
  /// What training draws from: examples, or pieces of a text.
  var count: Int { get }
  /// Tokens of each.
  var lengths: [Int] { get }
  /// Examples that lost tokens to the maximum length.
  var truncated: Int { get }
  /// What `results.json` says of the split.
  var record: RunRecord.Split { get }
  /// Adds the sequences of an example.
  func append(_ position: Int, to batch: inout PackedBatch)
  /// What the head is trained towards on some examples.
  func targets(_ positions: [Int]) -> HeadTargets
}

extension EncodedExamples {
  /// The sequences of some examples, packed.
  func batch(_ positions: some Sequence<Int>) -> PackedBatch {
    var batch = PackedBatch()
    for position in positions { append(position, to: &batch) }
    return batch
  }
}
