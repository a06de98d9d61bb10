import CKernels
import Support

/// Shape of a packed multi-head attention.
package struct AttentionShape: Sendable {
  /// Query heads.
  package let heads: Int
  /// Key and value heads; each serves `heads / keyValueHeads` query heads.
  package let keyValueHeads: Int
  package let headSize: Int
  /// Whether a token sees only itself and the tokens before it; otherwise it sees its whole sequence.
  package let isCausal: Bool
  /// Factor of the scores before the softmax.
  package let scale: Float

  /// - Parameter scale: `1 / √headSize` when absent.
  package init(heads: Int, keyValueHeads: Int, headSize: Int, isCausal: Bool, scale: Float? = nil) {
    precondition(heads % keyValueHeads == 0)
    (self.heads, self.keyValueHeads, self.headSize, self.isCausal) = (heads, keyValueHeads, headSize, isCausal)
    self.scale = scale ?? 1 / Float(headSize).squareRoot()
  }

  var queryWidth: Int { heads * headSize }
  var keyWidth: Int { keyValueHeads * headSize }
}

extension Tape {
  /// Scaled dot-product attention within each sequence of a packed batch (Vaswani et al., 2017).
  ///
  /// - Parameters:
  ///   - query: `[tokens, heads · headSize]`, or a row for each token of `rows`.
  ///   - key: `[tokens, keyValueHeads · headSize]`; value likewise.
  ///   - offsets: first token of each sequence, and the token count at the end.
  ///   - dropoutRate: the dropout rate of the attention probabilities.
  ///   - rows: the tokens whose attention is computed; `nil` for all.
  ///   - past: where the keys and values of earlier tokens are, for evaluation only and without `rows`.
  ///   - prefix: trained keys and values that every token sees.
  /// - Returns: a row for each of `query`. Saves query, key and value.
  package func attention(
    query: Variable, key: Variable, value: Variable, offsets: [Int], shape: AttentionShape, dropoutRate: Float = 0,
    rows: TokenRows? = nil, past: AttentionPast? = nil, prefix: AttentionPrefix? = nil
  ) -> Variable {
    precondition(query.value.rows == rows?.tokens.count ?? key.value.rows)
    if let past {
      precondition(rows == nil)
      return attention(
        query: Columns(query.value), key: Columns(key.value), value: Columns(value.value), offsets: offsets,
        shape: shape, past: past, prefix: prefix)
    }
    if let prefix {
      let places = VirtualRows(prefix.table.rows, offsets: offsets)
      let queries = rows.map { rows in rows.tokens.map { places.own[$0] } } ?? places.own
      return attention(
        query: query, key: prepend(prefix.table, columns: prefix.keys, to: key, at: places),
        value: prepend(prefix.table, columns: prefix.values, to: value, at: places), offsets: places.offsets,
        shape: shape, dropoutRate: dropoutRate, rows: TokenRows(queries, offsets: places.offsets))
    }
    let pass = AttentionPass(
      query: Columns(query.value), key: Columns(key.value), value: Columns(value.value), offsets: offsets, rows: rows,
      shape: shape, mask: attentionMask(rate: dropoutRate), precision: precision)
    let output = Tensor(uninitialized: query.value.shape)
    pass.forward(into: output)
    let inputs = [query, key, value]
    let (slots, shapes) = (inputs.map(\.slot), inputs.map(\.value.shape))
    return record(output, inputs: inputs) { gradient in
      let results = zip(slots, shapes).map { slot, shape in slot.map { _ in Tensor(uninitialized: shape) } }
      let parts = results.map { $0.map { Columns($0) } }
      pass.backward(gradient, query: parts[0], key: parts[1], value: parts[2])
      for (slot, result) in zip(slots, results) { result.map { slot?.add($0) } }
    }
  }

  /// Attention on one projection that holds query, key and value in consecutive columns, as GPT-2's `c_attn` does.
  ///
  /// - Parameter fused: `[tokens, (heads + 2 · keyValueHeads) · headSize]`.
  package func attention(
    fused: Variable, offsets: [Int], shape: AttentionShape, dropoutRate: Float = 0, past: AttentionPast? = nil
  ) -> Variable {
    let input = fused.value
    precondition(input.columns == shape.queryWidth + 2 * shape.keyWidth)
    func split(_ tensor: Tensor) -> (query: Columns, key: Columns, value: Columns) {
      let second = shape.queryWidth + shape.keyWidth
      return (Columns(tensor), Columns(tensor, from: shape.queryWidth), Columns(tensor, from: second))
    }
    let parts = split(input)
    if let past {
      return attention(
        query: parts.query, key: parts.key, value: parts.value, offsets: offsets, shape: shape, past: past)
    }
    let pass = AttentionPass(
      query: parts.query, key: parts.key, value: parts.value, offsets: offsets, rows: nil, shape: shape,
      mask: attentionMask(rate: dropoutRate), precision: precision)
    let output = Tensor(uninitialized: [input.rows, shape.queryWidth])
    pass.forward(into: output)
    let slot = fused.slot
    return record(output, inputs: [fused]) { gradient in
      let result = Tensor(uninitialized: input.shape)
      let parts = split(result)
      pass.backward(gradient, query: parts.query, key: parts.key, value: parts.value)
      slot?.add(result)
    }
  }

  private func attentionMask(rate: Float) -> DropoutMask? {
    isTraining && rate > 0 ? DropoutMask(rate: rate, random: nextDropoutGenerator()) : nil
  }
}

/// The columns of a row-major matrix that hold query, key or value, in a matrix of their own or in a fused projection.
struct Columns {
  /// Keeps the memory of ``pointer`` alive.
  private let tensor: Tensor
  let pointer: UnsafeMutablePointer<Float>
  let stride: Int

  init(_ tensor: Tensor, from column: Int = 0) {
    self.tensor = tensor
    pointer = tensor.pointer + column
    stride = tensor.columns
  }
}

/// One forward pass, with the values that its gradient needs: query, key and value.
///
/// The scores are computed for a block of queries at a time, so that no sequence's whole score matrix is ever held, and
/// are computed again for the gradient. That is one product of five more, of matrices that are small beside those of the
/// linear layers, and saves the memory that grows with the square of the length. Dao et al. (2022) divide the keys too,
/// and so must correct each softmax as they go; a block of ours sees all its keys, and its softmax is the plain one.
private struct AttentionPass {
  let query: Columns
  let key: Columns
  let value: Columns
  let offsets: [Int]
  /// The tokens that have a query; `nil` for all.
  let rows: TokenRows?
  let shape: AttentionShape
  let mask: DropoutMask?
  let precision: Precision
  /// For each sequence, the number of its first score, by which dropout counts. All tokens count, also those without a
  /// query.
  private let maskStarts: [Int]

  /// The scores of a block, at most. Three blocks of a thread fit the second-level cache of most processors.
  private static let blockElements = 1 << 16

  init(
    query: Columns, key: Columns, value: Columns, offsets: [Int], rows: TokenRows?, shape: AttentionShape,
    mask: DropoutMask?, precision: Precision
  ) {
    (self.query, self.key, self.value, self.offsets, self.rows) = (query, key, value, offsets, rows)
    (self.shape, self.mask, self.precision) = (shape, mask, precision)
    var (starts, end) = ([Int](), 0)
    for (first, next) in zip(offsets, offsets.dropFirst()) {
      starts.append(end)
      end += AttentionPass.maskStride(next - first) * shape.heads
    }
    maskStarts = starts
  }

  /// The numbers from one head's scores to the next one's: a multiple of 16, so that dropout's counters never overlap.
  private static func maskStride(_ length: Int) -> Int { (length * length + 15) / 16 * 16 }

  /// The most queries of a block, for a sequence of this length.
  private static func blockRows(_ length: Int) -> Int { max(16, blockElements / max(1, length) / 16 * 16) }

  /// The rows of one sequence in the query and in the output.
  private func queryRows(_ sequence: Int) -> Range<Int> {
    let starts = rows?.offsets ?? offsets
    return starts[sequence]..<starts[sequence + 1]
  }

  private func length(_ sequence: Int) -> Int { offsets[sequence + 1] - offsets[sequence] }

  /// Runs `body(sequence, keyValueHead)` concurrently. No two tasks write the same output.
  ///
  /// - Parameter scratch: the number of blocks of scores that each task allocates while it runs.
  private func forEachGroup(scratch: Int, _ body: (Int, Int) -> Void) {
    let groups = shape.keyValueHeads
    if DryRun.isOn {
      let largest = (0..<offsets.count - 1).map(scratchElements).max() ?? 0
      let tasks = min(ThreadPool.shared.threads, (offsets.count - 1) * groups)
      MemoryTally.addTransient(tasks * scratch * BufferPool.sizeClass(ElementType.float32.size * largest))
    }
    // The longest sequences first: a thread that claimed a long one last would work on while the others wait.
    let lengths = zip(offsets, offsets.dropFirst()).map { $1 - $0 }
    let order = lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
    ThreadPool.shared.parallel(order.count * groups) { part in body(order[part / groups], part % groups) }
  }

  private func forEachHead(of group: Int, _ body: (Int) -> Void) {
    let size = shape.heads / shape.keyValueHeads
    for head in group * size..<(group + 1) * size { body(head) }
  }

  /// The scores of the largest block of a sequence.
  private func scratchElements(_ sequence: Int) -> Int {
    min(queryRows(sequence).count, AttentionPass.blockRows(length(sequence))) * length(sequence)
  }

  /// Some queries of a sequence, with the keys that any of them sees.
  private struct Block {
    let rows: Range<Int>
    /// The first keys of the sequence, as many as the last query sees.
    let keys: Int
    let length: Int
    /// The number of the first score of the sequence, by which dropout counts.
    let maskStart: Int
    var count: Int { rows.count * keys }
  }

  private func blocks(_ sequence: Int) -> [Block] {
    let (rows, length) = (queryRows(sequence), length(sequence))
    let most = AttentionPass.blockRows(length)
    return stride(from: rows.lowerBound, to: rows.upperBound, by: most).map { first in
      let part = first..<min(first + most, rows.upperBound)
      let keys = shape.isCausal ? position(part.upperBound - 1, sequence) + 1 : length
      return Block(rows: part, keys: keys, length: length, maskStart: maskStarts[sequence])
    }
  }

  /// The tokens before a query's in its sequence.
  private func position(_ row: Int, _ sequence: Int) -> Int { rows?.positions[row] ?? row - offsets[sequence] }

  private func drop(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ block: Block, _ sequence: Int, _ head: Int
  ) {
    guard let mask else { return }
    let first = block.maskStart + head * AttentionPass.maskStride(block.length)
    if rows == nil, block.keys == block.length {
      return mask.apply(x, to: y, block.count, from: first + position(block.rows.lowerBound, sequence) * block.length)
    }
    for (index, row) in block.rows.enumerated() {
      let offset = index * block.keys
      mask.apply(x + offset, to: y + offset, block.keys, from: first + position(row, sequence) * block.length)
    }
  }

  /// Runs `body` for consecutive rows of a block, with the offset of the first, their number, and the keys that the
  /// first of them sees, or 0 where each sees all.
  private func forEachVisible(
    _ block: Block, _ sequence: Int, _ body: (_ offset: Int, _ rows: Int, _ seen: Int) -> Void
  ) {
    guard shape.isCausal else { return body(0, block.rows.count, 0) }
    guard rows != nil else { return body(0, block.rows.count, position(block.rows.lowerBound, sequence) + 1) }
    for (index, row) in block.rows.enumerated() { body(index * block.keys, 1, position(row, sequence) + 1) }
  }

  /// Computes the probabilities of a block before dropout, `[rows, keys]`.
  private func probabilities(
    _ block: Block, _ sequence: Int, _ head: Int, keys: UnsafePointer<Float>, to weights: UnsafeMutablePointer<Float>
  ) {
    let (kernels, size) = (ElementWise.kernels, shape.headSize)
    MatrixProduct.serial(
      block.rows.count, block.keys, size, 1, query.pointer + block.rows.lowerBound * query.stride + head * size,
      query.stride, false, keys, key.stride, true, 0, weights, block.keys, precision)
    forEachVisible(block, sequence) { kernels.softmax(weights + $0, shape.scale, $2, $1, block.keys) }
  }

  func forward(into output: Tensor) {
    let (size, width) = (shape.headSize, shape.queryWidth)
    forEachGroup(scratch: mask == nil ? 1 : 2) { sequence, group in
      let first = offsets[sequence]
      let keys = key.pointer + first * key.stride + group * size
      let values = value.pointer + first * value.stride + group * size
      let scratch = Tensor(uninitialized: [scratchElements(sequence)])
      let dropped = mask == nil ? scratch : Tensor(uninitialized: scratch.shape)
      for block in blocks(sequence) {
        forEachHead(of: group) { head in
          probabilities(block, sequence, head, keys: keys, to: scratch.pointer)
          drop(scratch.pointer, to: dropped.pointer, block, sequence, head)
          MatrixProduct.serial(
            block.rows.count, size, block.keys, 1, dropped.pointer, block.keys, false, values, value.stride, false, 0,
            output.pointer + block.rows.lowerBound * width + head * size, width, precision)
        }
      }
    }
  }

  /// Overwrites the gradients of query, key and value; `nil` for one that is not wanted.
  func backward(_ gradient: Tensor, query dQuery: Columns?, key dKey: Columns?, value dValue: Columns?) {
    let (kernels, size, width) = (ElementWise.kernels, shape.headSize, shape.queryWidth)
    forEachGroup(scratch: mask == nil ? 2 : 3) { sequence, group in
      let first = offsets[sequence]
      let keys = key.pointer + first * key.stride + group * size
      let values = value.pointer + first * value.stride + group * size
      let keySlope = dKey.map { ($0.pointer + first * $0.stride + group * size, $0.stride) }
      let valueSlope = dValue.map { ($0.pointer + first * $0.stride + group * size, $0.stride) }
      for (start, stride) in [keySlope, valueSlope].compactMap({ $0 }) {
        for token in 0..<length(sequence) { (start + token * stride).update(repeating: 0, count: size) }
      }
      let scratch = Tensor(uninitialized: [scratchElements(sequence)])
      let slope = Tensor(uninitialized: scratch.shape)
      let dropped = mask == nil ? scratch : Tensor(uninitialized: scratch.shape)
      for block in blocks(sequence) {
        let count = block.rows.count
        forEachHead(of: group) { head in
          let dOutput = gradient.pointer + block.rows.lowerBound * width + head * size
          probabilities(block, sequence, head, keys: keys, to: scratch.pointer)
          drop(scratch.pointer, to: dropped.pointer, block, sequence, head)
          if let (target, stride) = valueSlope {
            MatrixProduct.serial(
              block.keys, size, count, 1, dropped.pointer, block.keys, true, dOutput, width, false, 1, target, stride,
              precision)
          }
          guard dQuery != nil || dKey != nil else { return }
          MatrixProduct.serial(
            count, block.keys, size, 1, dOutput, width, false, values, value.stride, true, 0, slope.pointer,
            block.keys, precision)
          drop(slope.pointer, to: slope.pointer, block, sequence, head)
          forEachVisible(block, sequence) {
            kernels.softmax_backward(scratch.pointer + $0, slope.pointer + $0, shape.scale, $2, $1, block.keys)
          }
          if let dQuery {
            MatrixProduct.serial(
              count, size, block.keys, 1, slope.pointer, block.keys, false, keys, key.stride, false, 0,
              dQuery.pointer + block.rows.lowerBound * dQuery.stride + head * size, dQuery.stride, precision)
          }
          if let (target, stride) = keySlope {
            let queries = query.pointer + block.rows.lowerBound * query.stride + head * size
            MatrixProduct.serial(
              block.keys, size, count, 1, slope.pointer, block.keys, true, queries, query.stride, false, 1, target,
              stride, precision)
          }
        }
      }
    }
  }
}
