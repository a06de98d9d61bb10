import Support

/// The keys and values of one layer, for all tokens so far of some sequences.
///
/// The sequences form a forest. One that has a parent begins with all tokens that the parent holds, which are kept once
/// for all its children, e.g. the prompt of several beams.
package final class AttentionCache {
  /// The cached sequence that each sequence of the next batch continues.
  package var slots: [Int]
  /// The number of tokens held for each sequence, those of its parents not counted.
  package private(set) var lengths: [Int]
  private let starts: [Int]
  private let capacities: [Int]
  private let parents: [Int?]
  private let keys: Tensor
  private let values: Tensor

  /// - Parameters:
  ///   - width: `keyValueHeads · headSize`.
  ///   - capacities: the most tokens that each sequence will have, those of its parents not counted.
  ///   - parents: for each sequence, the earlier one whose tokens it begins with; empty when there are none.
  package init(width: Int, capacities: [Int], parents: [Int?] = []) {
    precondition(parents.isEmpty || parents.count == capacities.count)
    precondition(parents.enumerated().allSatisfy { child, parent in parent.map { (0..<child).contains($0) } ?? true })
    self.capacities = capacities
    self.parents = parents.isEmpty ? Array(repeating: nil, count: capacities.count) : parents
    starts = capacities.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    lengths = Array(repeating: 0, count: capacities.count)
    slots = Array(capacities.indices)
    keys = Tensor(uninitialized: [starts[capacities.count], width])
    values = Tensor(uninitialized: [starts[capacities.count], width])
  }

  /// Replaces what a sequence holds by what another one holds. Both have the same parent.
  package func copy(from source: Int, to target: Int) {
    let (count, width) = (lengths[source], keys.columns)
    precondition(parents[source] == parents[target] && count <= capacities[target])
    for tensor in [keys, values] {
      (tensor.pointer + starts[target] * width).update(
        from: tensor.pointer + starts[source] * width, count: count * width)
    }
    lengths[target] = count
  }

  /// Adds the keys and values of a batch's tokens to the sequences in ``slots``.
  func append(key: Columns, value: Columns, offsets: [Int]) {
    precondition(slots.count == offsets.count - 1)
    let width = keys.columns
    for (sequence, slot) in slots.enumerated() {
      let count = offsets[sequence + 1] - offsets[sequence]
      precondition(lengths[slot] + count <= capacities[slot], "the cache is full")
      for row in 0..<count {
        let (from, to) = (offsets[sequence] + row, (starts[slot] + lengths[slot] + row) * width)
        (keys.pointer + to).update(from: key.pointer + from * key.stride, count: width)
        (values.pointer + to).update(from: value.pointer + from * value.stride, count: width)
      }
      lengths[slot] += count
    }
  }

  /// What a sequence holds, after what its parents hold.
  func spans(of slot: Int) -> [KeyValueSpan] {
    let first = starts[slot] * keys.columns
    let own = KeyValueSpan(
      keys: keys.pointer + first, keyStride: keys.columns, values: values.pointer + first, valueStride: values.columns,
      count: lengths[slot])
    return (parents[slot].map(spans(of:)) ?? []) + [own]
  }
}
