import CKernels
import Support

/// Where the keys and values of the tokens before a batch's sequences are.
package enum AttentionPast {
  /// In the batch. For each sequence, the earlier one whose tokens come before its own, e.g. the context that several
  /// continuations share; a chain of them is followed to its beginning.
  case inBatch(prefixes: [Int?])
  /// In a cache, to which those of the batch are added.
  case cached(AttentionCache)
}

/// The keys and values of consecutive tokens, whose rows are `keyStride` and `valueStride` elements apart.
struct KeyValueSpan {
  let keys: UnsafeMutablePointer<Float>
  let keyStride: Int
  let values: UnsafeMutablePointer<Float>
  let valueStride: Int
  let count: Int
}

/// Trained keys and values that come before those of every sequence (Li and Liang, 2021).
package struct AttentionPrefix {
  let table: Parameter
  let keys: Range<Int>
  let values: Range<Int>

  /// - Parameters:
  ///   - table: a row for each virtual token.
  ///   - keys: its columns that hold the keys of a layer, `keyValueHeads · headSize` of them.
  ///   - values: those that hold the values.
  package init(table: Parameter, keys: Range<Int>, values: Range<Int>) {
    (self.table, self.keys, self.values) = (table, keys, values)
  }

  var span: KeyValueSpan {
    let start = table.value.pointer
    return KeyValueSpan(
      keys: start + keys.lowerBound, keyStride: table.columns, values: start + values.lowerBound,
      valueStride: table.columns, count: table.rows)
  }
}

extension Tape {
  /// Causal attention of new tokens to themselves and to all tokens before them, without gradient.
  ///
  /// What several sequences share is read where it is and never copied.
  func attention(
    query: Columns, key: Columns, value: Columns, offsets: [Int], shape: AttentionShape, past: AttentionPast,
    prefix: AttentionPrefix? = nil
  ) -> Variable {
    precondition(!isTraining && shape.isCausal)
    let first = prefix.map { [$0.span] } ?? []
    let spans: (Int) -> [KeyValueSpan]
    switch past {
    case .cached(let cache):
      cache.append(key: key, value: value, offsets: offsets)
      spans = { first + cache.spans(of: cache.slots[$0]) }
    case .inBatch(let prefixes):
      precondition(prefixes.count == offsets.count - 1)
      func chain(_ sequence: Int) -> [KeyValueSpan] {
        let start = offsets[sequence]
        let own = KeyValueSpan(
          keys: key.pointer + start * key.stride, keyStride: key.stride, values: value.pointer + start * value.stride,
          valueStride: value.stride, count: offsets[sequence + 1] - start)
        return (prefixes[sequence].map(chain) ?? first) + [own]
      }
      spans = chain
    }
    let output = Tensor(uninitialized: [offsets.last ?? 0, shape.queryWidth])
    let (groups, precision) = (shape.keyValueHeads, precision)
    ThreadPool.shared.parallel((offsets.count - 1) * groups) { part in
      let (sequence, group) = (part / groups, part % groups)
      let rows = offsets[sequence]..<offsets[sequence + 1]
      Tape.attend(query, rows, to: spans(sequence), group: group, shape, precision, into: output)
    }
    return constant(output)
  }

  /// The heads of one key and value head, for the last `rows.count` of the tokens in `spans`.
  private static func attend(
    _ query: Columns, _ rows: Range<Int>, to spans: [KeyValueSpan], group: Int, _ shape: AttentionShape,
    _ precision: Precision, into output: Tensor
  ) {
    let (kernels, size, width) = (ElementWise.kernels, shape.headSize, shape.queryWidth)
    let (total, column) = (spans.reduce(0) { $0 + $1.count }, group * size)
    let served = shape.heads / shape.keyValueHeads
    // A single new token sees the same tokens with each head, so its heads are the rows of one product.
    let isSingle = rows.count == 1
    let (count, blocks) = isSingle ? (served, 1) : (rows.count, served)
    let (queryStride, outputStride) = isSingle ? (size, size) : (query.stride, width)
    let scratch = Tensor(uninitialized: [count, total])
    let scores = scratch.pointer
    for block in 0..<blocks {
      let head = (group * served + block) * size
      let queries = query.pointer + rows.lowerBound * query.stride + head
      var first = 0
      for span in spans where span.count > 0 {
        MatrixProduct.serial(
          count, span.count, size, 1, queries, queryStride, false, span.keys + column, span.keyStride, true, 0,
          scores + first, total, precision)
        first += span.count
      }
      for row in 0..<count {
        let seen = isSingle ? total : total - count + row + 1
        kernels.softmax(scores + row * total, shape.scale, 0, 1, seen)
        (scores + row * total + seen).update(repeating: 0, count: total - seen)
      }
      first = 0
      for span in spans where span.count > 0 {
        MatrixProduct.serial(
          count, size, span.count, 1, scores + first, total, false, span.values + column, span.valueStride, false,
          first == 0 ? 0 : 1, output.pointer + rows.lowerBound * width + head, outputStride, precision)
        first += span.count
      }
    }
    withExtendedLifetime(scratch) {}
  }
}
