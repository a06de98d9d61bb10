import Models
import Support
import Synchronization
import Tasks
import Tokenization

/// A split as token ids, in file order.
package struct EncodedSplit: Sendable {
  package struct Sequence: Sendable {
    package let ids: [Int32]
    package let typeIDs: [Int32]
    package let label: Int?
  }

  package let data: SplitData
  package let sequences: [Sequence]
  /// Examples that lost tokens to the maximum length.
  package let truncated: Int

  /// Encodes every example, in parallel.
  ///
  /// - Throws: ``TokenizerError`` for the first example that cannot be encoded, in file order.
  package init(_ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int) throws {
    self.data = data
    let examples = data.examples
    let parts = max(1, min(examples.count, ThreadPool.shared.threads * 4))
    let results = Mutex([Int: Result<[(Sequence, Bool)], TokenizerError>]())
    ThreadPool.shared.parallel(parts) { part in
      var made: [(Sequence, Bool)] = []
      var outcome: Result<[(Sequence, Bool)], TokenizerError>?
      for example in examples[examples.count * part / parts..<examples.count * (part + 1) / parts] {
        do throws(TokenizerError) {
          let encoding = try tokenizer.encode(example.first, example.second, maximumLength: maximumLength)
          made.append(
            (Sequence(ids: encoding.ids, typeIDs: encoding.typeIDs, label: example.label), encoding.removed > 0))
        } catch {
          outcome = .failure(error)
          break
        }
      }
      let result = outcome ?? .success(made)
      results.withLock { $0[part] = result }
    }
    let encoded = try results.withLock { results in
      try (0..<parts).flatMap { try results[$0]?.get() ?? [] }
    }
    sequences = encoded.map(\.0)
    truncated = encoded.count { $0.1 }
  }

  /// The sequences at `positions`, packed, with their classes.
  package func batch(_ positions: some Swift.Sequence<Int>) -> (batch: PackedBatch, labels: [Int]) {
    var batch = PackedBatch()
    var labels: [Int] = []
    for position in positions {
      let sequence = sequences[position]
      batch.append(sequence.ids, typeIDs: sequence.typeIDs)
      labels.append(sequence.label ?? -100)
    }
    return (batch, labels)
  }
}
