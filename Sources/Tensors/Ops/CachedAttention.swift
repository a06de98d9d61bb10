import CKernels
import Support

/// The keys and values of one layer, for all tokens so far of some sequences.
package final class AttentionCache {
  /// The cached sequence that each sequence of the next batch continues.
  package var slots: [Int]
  /// The number of tokens held for each sequence.
  package private(set) var lengths: [Int]
  private let starts: [Int]
  private let capacities: [Int]
  private let keys: Tensor
  private let values: Tensor

  /// - Parameters:
  ///   - width: `keyValueHeads · headSize`.
  ///   - capacities: the most tokens that each sequence will have.
  package init(width: Int, capacities: [Int]) {
    self.capacities = capacities
    starts = capacities.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    lengths = Array(repeating: 0, count: capacities.count)
    slots = Array(capacities.indices)
    keys = Tensor(uninitialized: [starts[capacities.count], width])
    values = Tensor(uninitialized: [starts[capacities.count], width])
  }

  /// Adds new tokens' keys and values for one key and value head. Returns the number of tokens held before, and the
  /// first column of this head for all tokens, with the distance between rows in elements.
  fileprivate func extend(
    slot: Int, by count: Int, key: (Int) -> UnsafeMutablePointer<Float>, value: (Int) -> UnsafeMutablePointer<Float>,
    column: Int, size: Int
  ) -> (past: Int, keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>, stride: Int) {
    let (past, width) = (lengths[slot], keys.columns)
    precondition(past + count <= capacities[slot], "the cache is full")
    let first = starts[slot] * width + column
    for row in 0..<count {
      let target = first + (past + row) * width
      (keys.pointer + target).update(from: key(row), count: size)
      (values.pointer + target).update(from: value(row), count: size)
    }
    return (past, keys.pointer + first, values.pointer + first, width)
  }

  fileprivate func advance(_ offsets: [Int]) {
    for (sequence, slot) in slots.enumerated() { lengths[slot] += offsets[sequence + 1] - offsets[sequence] }
  }
}

extension Tape {
  /// Causal attention of new tokens to themselves and to all tokens before them, without gradient.
  func attention(
    query: Columns, key: Columns, value: Columns, offsets: [Int], shape: AttentionShape, cache: AttentionCache
  ) -> Variable {
    precondition(!isTraining && shape.isCausal && cache.slots.count == offsets.count - 1)
    let (kernels, size, width) = (ElementWise.kernels, shape.headSize, shape.queryWidth)
    let groups = shape.keyValueHeads
    let output = Tensor(uninitialized: [offsets.last ?? 0, width])
    ThreadPool.shared.parallel((offsets.count - 1) * groups) { part in
      let (sequence, group) = (part / groups, part % groups)
      let (first, count) = (offsets[sequence], offsets[sequence + 1] - offsets[sequence])
      let column = group * size
      let held = cache.extend(
        slot: cache.slots[sequence], by: count, key: { key.pointer + (first + $0) * key.stride + column },
        value: { value.pointer + (first + $0) * value.stride + column }, column: column, size: size)
      let total = held.past + count
      let scratch = Tensor(uninitialized: [count, total])
      let scores = scratch.pointer
      for head in group * (shape.heads / groups)..<(group + 1) * (shape.heads / groups) {
        let queries = query.pointer + first * query.stride + head * size
        MatrixProduct.serial(
          count, total, size, 1, queries, query.stride, false, held.keys, held.stride, true, 0, scores, total)
        for row in 0..<count {
          let seen = held.past + row + 1
          kernels.softmax(scores + row * total, shape.scale, 0, 1, seen)
          (scores + row * total + seen).update(repeating: 0, count: total - seen)
        }
        MatrixProduct.serial(
          count, size, total, 1, scores, total, false, held.values, held.stride, false, 0,
          output.pointer + first * width + head * size, width)
      }
      withExtendedLifetime(scratch) {}
    }
    cache.advance(offsets)
    return constant(output)
  }
}
