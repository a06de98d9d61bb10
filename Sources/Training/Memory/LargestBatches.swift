import Models

/// The batches of a run that may need the most memory: the one with the most tokens and the one with the most attention
/// pairs.
struct LargestBatches {
  /// One or two batches, each as the positions of its examples.
  private(set) var batches: [[Int]] = []
  /// A batch with every token id that training looks up, for planning the rows of the embeddings.
  let touching: PackedBatch

  /// Largest number of steps that are examined. A later batch is unlikely to be much larger than the largest of so many
  /// random ones.
  private static let stepLimit = 100_000

  init(_ examples: any EncodedExamples, order: WindowOrder, totalSteps: Int, parts: WindowParts) {
    var order = order
    let sizes = (0..<examples.count).map { BatchSize(examples.batch([$0])) }
    var seen = Array(repeating: false, count: examples.count)
    var (mostTokens, mostPairs) = (0, 0)
    var (longest, widest): ([Int], [Int]) = ([], [])
    for step in 1...min(totalSteps, LargestBatches.stepLimit) {
      let window = order.window(step)
      for batch in parts(window) {
        let (tokens, pairs) = batch.reduce((0, 0)) { ($0.0 + sizes[$1].tokens, $0.1 + sizes[$1].pairs) }
        if tokens > mostTokens { (mostTokens, longest) = (tokens, Array(batch)) }
        if pairs > mostPairs { (mostPairs, widest) = (pairs, Array(batch)) }
      }
      if step <= order.stepsPerEpoch { for position in window { seen[position] = true } }
    }
    batches = longest == widest ? [longest] : [longest, widest]
    touching = LargestBatches.touching(examples, seen.indices.filter { seen[$0] })
  }

  /// A batch with every token id and type id of these examples, in sequences as long as the longest example.
  private static func touching(_ examples: any EncodedExamples, _ positions: [Int]) -> PackedBatch {
    var (ids, types, length) = (Set<Int32>(), Set<Int32>(), 1)
    for position in positions {
      let batch = examples.batch([position])
      ids.formUnion(batch.tokenIDs)
      types.formUnion(batch.typeIDs)
      length = max(length, batch.longest)
    }
    let (allIDs, allTypes) = (ids.sorted(), types.sorted())
    var batch = PackedBatch()
    for start in stride(from: 0, to: allIDs.count, by: length) {
      let part = Array(allIDs[start..<min(start + length, allIDs.count)])
      batch.append(part, typeIDs: part.indices.map { allTypes[min($0, allTypes.count - 1)] })
    }
    batch.append(Array(repeating: allIDs.first ?? 0, count: length))
    return batch
  }
}

/// The two numbers that the memory of a batch depends on: tokens, and attention pairs (the sum of squared lengths).
private struct BatchSize {
  let tokens: Int
  let pairs: Int

  init(_ batch: PackedBatch) {
    tokens = batch.tokenCount
    pairs = batch.lengths.reduce(0) { $0 + $1 * $1 }
  }
}

extension PackedBatch {
  /// Number of tokens in each sequence.
  var lengths: [Int] { zip(offsets, offsets.dropFirst()).map { $1 - $0 } }
  var longest: Int { lengths.max() ?? 0 }
}
