import Models
import Results
import Tasks

/// The examples of a split as token ids, in the order of their file.
protocol EncodedExamples: Sendable {
  var data: SplitData { get }
  /// Number of items that training draws from: examples, or the windows of long passages, or sequences of a text.
  var count: Int { get }
  /// Number of tokens of each sequence of each item. An item has several sequences where it has several choices.
  var sequenceLengths: [[Int]] { get }
  /// Number of examples that were truncated to the maximum length.
  var truncated: Int { get }
  /// The split's entry in `results.json`.
  var record: RunRecord.Split { get }
  /// Appends the sequences of the item at a position to a batch.
  func append(_ position: Int, to batch: inout PackedBatch)
  /// The targets of the loss for the items at these positions.
  func targets(_ positions: [Int]) -> HeadTargets
}

extension EncodedExamples {
  /// Number of tokens in each item.
  var lengths: [Int] { sequenceLengths.map { $0.reduce(0, +) } }

  /// A packed batch of the items at these positions.
  func batch(_ positions: some Sequence<Int>) -> PackedBatch {
    var batch = PackedBatch()
    for position in positions { append(position, to: &batch) }
    return batch
  }

  var record: RunRecord.Split {
    .init(
      name: data.split.name, files: data.files, examples: data.examples.count, available: data.available,
      truncated: truncated, skipped: data.skipped,
      duplicates: data.repeats.map { .init(ids: $0.ids, inputs: $0.inputs) }, overlap: data.repeats?.overlap)
  }
}

extension SplitData {
  /// The error of an example, with its file and line.
  func fault(_ example: Example, _ reason: String) -> TaskError {
    .badLine(path: files.first?.path ?? split.name, line: example.line, reason: reason)
  }
}
